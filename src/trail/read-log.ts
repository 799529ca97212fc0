import { isUtf8 } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { chainStart, readFrame, readSegmentHeader } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import { isRestoredEvent } from './restored-event.ts'
import type { TrailFiles } from './trail-files.ts'

/** What reading the log found. */
export interface LogReport {
  /** Behind the last good record. */
  readonly position: ChainPosition
  readonly records: number
  /** Numbers of records that say that the trail was begun after a restore. */
  readonly restores: readonly number[]
  /** The segments that were to be read. */
  readonly segments: readonly number[]
  /** Where the last good record ends; absent where no segment has a good first line. */
  readonly end?: LogEnd
  /** The first place that is not as it was written. */
  readonly fault?: LogFault
  /** Whether the chain went through the wanted position. */
  readonly passedHead: boolean
}

/** Where the last good record ends. */
export interface LogEnd {
  readonly segment: number
  /** Bytes of the segment up to there. */
  readonly length: number
  /** Bytes of the segment behind it: a line that a crash tore. */
  readonly tornBytes: number
}

/** The first place that is not as it was written. */
export interface LogFault {
  readonly segment: number
  /** From 1. */
  readonly line: number
  readonly detail: string
}

/** Which log is read, and from where on. */
export interface ReadLogOptions {
  readonly files: TrailFiles
  readonly key: KeyObject
  /** The position that the store knows: the chain must go through it. */
  readonly head: ChainPosition
  /** Read only from the last segment that begins at or before the head; else from the first. */
  readonly fromHead: boolean
}

/** Reads the log, checking the chain line by line. */
export function readLog(options: ReadLogOptions): LogReport {
  const { files, head, fromHead } = options
  const listed = files.list()
  const starts = listed.map(segment => startOf(options, segment))
  const first = fromHead ? firstSegment(starts, head) : 0
  const segments = listed.slice(first)
  const walk: Walk = { position: chainStart, records: 0, restores: [], passedHead: head.sequence === 0 }
  for (const [index, segment] of segments.entries()) {
    const later = starts.slice(first + index + 1).filter(start => start !== undefined)
    const fault = readSegment(options, segment, walk, {
      isFirst: index === 0,
      isLast: index === segments.length - 1,
      cut: Math.min(...later.map(({ sequence }) => sequence)),
    })
    if (fault !== undefined) return { ...walk, segments, fault }
  }
  return { ...walk, segments }
}

interface Walk {
  position: ChainPosition
  records: number
  restores: number[]
  passedHead: boolean
  end?: LogEnd
}

function firstSegment(starts: readonly (ChainPosition | undefined)[], head: ChainPosition): number {
  return Math.max(
    0,
    starts.findLastIndex(start => start !== undefined && start.sequence <= head.sequence),
  )
}

const longestHeader = 1_024

/** Where a segment goes on from, by its first line. */
function startOf({ files, key }: ReadLogOptions, segment: number): ChainPosition | undefined {
  const [line = ''] = files.read(segment, longestHeader).toString('utf8').split('\n', 1)
  return readSegmentHeader(key, line)?.after
}

interface SegmentPlace {
  readonly isFirst: boolean
  readonly isLast: boolean
  /**
   * The record behind which a later segment goes on, infinite where there is none: what is behind it here was abandoned when a
   * write or a sync failed, and is in the later one again.
   */
  readonly cut: number
}

function readSegment(
  { files, key, head, fromHead }: ReadLogOptions,
  segment: number,
  walk: Walk,
  { isFirst, isLast, cut }: SegmentPlace,
): LogFault | undefined {
  const bytes = files.read(segment)
  const lines = wholeLines(bytes)
  const brokenLine = firstBrokenLine(bytes)
  const header = readSegmentHeader(key, lines[0] ?? '')
  if (header === undefined || header.segment !== segment) {
    // A power cut may come between making a segment and its first line on the disk.
    if (isLast && lines.length === 0) return undefined
    return { segment, line: 1, detail: 'the first line of the segment is not one of this trail' }
  }
  const start = header.after
  if (isFirst && (fromHead || start.sequence === 0)) walk.position = start
  const isAbandoned = start.sequence > cut
  if (!isAbandoned && !isAt(start, walk.position))
    return { segment, line: 1, detail: 'the segment does not go on where the one before ends' }
  walk.passedHead ||= isAt(walk.position, head)
  let position = start
  let [at, length] = [lengthOf(lines[0]!), lengthOf(lines[0]!)]
  let index = 1
  for (; index < lines.length; index++) {
    const frame = index === brokenLine ? undefined : readFrame(key, position, lines[index]!)
    if (frame === undefined) break
    position = frame.position
    at += lengthOf(lines[index]!)
    if (position.sequence > cut) continue
    walk.position = position
    walk.records++
    walk.passedHead ||= isAt(position, head)
    if (isRestoredEvent(frame.event)) walk.restores.push(position.sequence)
    length = at
  }
  const reachesCut = position.sequence >= cut
  if (!isAbandoned) walk.end = { segment, length, tornBytes: reachesCut ? 0 : bytes.length - length }
  if (index === lines.length) return undefined
  if (!reachesCut) return { segment, line: index + 1, detail: 'the record is altered, inserted, or not the next one' }
  if (isTornLine(bytes.subarray(at))) return undefined
  return { segment, line: index + 1, detail: 'something was inserted behind the end of the segment' }
}

function wholeLines(bytes: Buffer): readonly string[] {
  return bytes
    .toString('utf8', 0, bytes.lastIndexOf(lineEnd) + 1)
    .split('\n')
    .slice(0, -1)
}

const lineEnd = 0x0a
const lengthOf = (line: string): number => Buffer.byteLength(line) + 1

// Blocks that never came to the disk are zeros.
const isTornLine = (bytes: Buffer): boolean => !bytes.includes(lineEnd) || bytes.every(byte => byte === 0)

/** Index of the first line with bytes that are no UTF-8: decoded, they would all look like U+FFFD. */
function firstBrokenLine(bytes: Buffer): number | undefined {
  if (isUtf8(bytes)) return undefined
  for (let index = 0, at = 0; at < bytes.length; index++) {
    const end = bytes.indexOf(lineEnd, at)
    if (end === -1 || !isUtf8(bytes.subarray(at, end))) return index
    at = end + 1
  }
  return undefined
}

const isAt = (position: ChainPosition, other: ChainPosition): boolean =>
  position.sequence === other.sequence && position.chain === other.chain
