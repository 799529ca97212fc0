import { isUtf8 } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { chainStart, readFrame, readSegmentHeader } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import type { TrailFiles } from './trail-files.ts'

/** What reading the log found. */
export interface LogReport {
  /** Behind the last good record. */
  readonly position: ChainPosition
  readonly records: number
  readonly lastSegment: number | undefined
  /** Bytes of the last segment up to its last good record. */
  readonly lastLength: number
  /** Bytes behind the last good record of the last segment: a line that a crash tore. */
  readonly tornBytes: number
  /** The first place that is not as it was written. */
  readonly fault?: LogFault
  /** Whether the chain went through the wanted position. */
  readonly passedHead: boolean
}

export interface LogFault {
  readonly segment: number
  /** From 1. */
  readonly line: number
  readonly detail: string
}

export interface ReadLogOptions {
  readonly files: TrailFiles
  readonly key: KeyObject
  /** The position that the store knows: the chain must go through it. */
  readonly head: ChainPosition
  /** Read only from the last segment that begins at or before the head; else from the first. */
  readonly fromHead: boolean
}

/** Reads the log, checking the chain line by line. */
export function readLog({ files, key, head, fromHead }: ReadLogOptions): LogReport {
  const segments = files.list()
  const first = fromHead ? firstSegment(files, key, segments, head) : 0
  const walk: Walk = { position: chainStart, records: 0, passedHead: head.sequence === 0, lastLength: 0, tornBytes: 0 }
  for (let index = first; index < segments.length; index++) {
    const fault = readSegment(files, key, segments[index]!, walk, head, {
      isFirst: index === first,
      fromHead,
      next: nextStart(files, key, segments[index + 1]),
    })
    if (fault !== undefined) return { ...walk, lastSegment: segments.at(-1), fault }
  }
  return { ...walk, lastSegment: segments.at(-1) }
}

interface Walk {
  position: ChainPosition
  records: number
  passedHead: boolean
  lastLength: number
  tornBytes: number
}

function firstSegment(files: TrailFiles, key: KeyObject, segments: readonly number[], head: ChainPosition): number {
  for (let index = segments.length - 1; index > 0; index--) {
    const start = nextStart(files, key, segments[index])
    if (start !== undefined && start.sequence <= head.sequence) return index
  }
  return 0
}

function nextStart(files: TrailFiles, key: KeyObject, segment: number | undefined): ChainPosition | undefined {
  if (segment === undefined) return undefined
  const [line = ''] = files.read(segment).toString('utf8').split('\n', 1)
  return readSegmentHeader(key, line)?.after
}

interface SegmentPlace {
  readonly isFirst: boolean
  readonly fromHead: boolean
  /** Where the next segment goes on; what is behind that here was abandoned after a failed write. */
  readonly next: ChainPosition | undefined
}

function readSegment(
  files: TrailFiles,
  key: KeyObject,
  segment: number,
  walk: Walk,
  head: ChainPosition,
  place: SegmentPlace,
): LogFault | undefined {
  const bytes = files.read(segment)
  const lines = bytes.toString('utf8', 0, bytes.lastIndexOf('\n') + 1).split('\n')
  lines.pop()
  // Behind the last line end there is nothing, or a line that was not finished.
  const restLength = bytes.length - (bytes.lastIndexOf('\n') + 1)
  const brokenLine = firstBrokenLine(bytes)
  const isLast = place.next === undefined
  const header = readSegmentHeader(key, lines[0] ?? '')
  if (header === undefined || header.segment !== segment) {
    // A crash may come between making a segment and writing its first line.
    if (isLast && lines.length === 0) return tornSegment(walk, restLength)
    return { segment, line: 1, detail: 'the first line of the segment is not one of this trail' }
  }
  if (place.isFirst && (place.fromHead || header.after.sequence === 0)) walk.position = header.after
  if (walk.position.sequence !== header.after.sequence || walk.position.chain !== header.after.chain) {
    return { segment, line: 1, detail: 'the segment does not go on where the one before ends' }
  }
  walk.passedHead ||= isAt(walk.position, head)
  let length = Buffer.byteLength(lines[0]!) + 1
  for (let index = 1; index < lines.length; index++) {
    if (walk.position.sequence === place.next?.sequence) break
    const frame = index === brokenLine ? undefined : readFrame(key, walk.position, lines[index]!)
    // What was never synced may come out of a power cut in any state; nobody was promised it.
    if (frame === undefined && isLast && place.fromHead && walk.passedHead) {
      walk.lastLength = length
      walk.tornBytes = bytes.length - length
      return undefined
    }
    if (frame === undefined)
      return { segment, line: index + 1, detail: 'the record is altered, inserted, or not the next one' }
    walk.position = frame.position
    walk.records++
    walk.passedHead ||= isAt(walk.position, head)
    length += Buffer.byteLength(lines[index]!) + 1
  }
  walk.lastLength = length
  walk.tornBytes = isLast ? restLength : 0
  return undefined
}

/** Index of the first line with bytes that are no UTF-8: decoded, they would all look like U+FFFD. */
function firstBrokenLine(bytes: Buffer): number | undefined {
  if (isUtf8(bytes)) return undefined
  for (let index = 0, at = 0; at < bytes.length; index++) {
    const end = bytes.indexOf('\n', at)
    if (end === -1 || !isUtf8(bytes.subarray(at, end))) return index
    at = end + 1
  }
  return undefined
}

function tornSegment(walk: Walk, restLength: number): undefined {
  walk.lastLength = 0
  walk.tornBytes = restLength
  return undefined
}

const isAt = (position: ChainPosition, head: ChainPosition): boolean =>
  position.sequence === head.sequence && position.chain === head.chain
