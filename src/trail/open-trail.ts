import type { KeyObject } from 'node:crypto'
import { ConfigError, newUuid, systemRandom } from '../base/index.ts'
import { chainKey, chainStart, eventOf } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import { beginRestoredTrail, hasKeyRing, isRestored, readHead, writeHead } from './head.ts'
import { LogWriter } from './log-writer.ts'
import { readLog } from './read-log.ts'
import type { LogEnd, LogReport } from './read-log.ts'
import { buildRestoredEvent } from './restored-event.ts'
import { openSyncThread } from './sync-thread.ts'
import { openTrailFiles } from './trail-files.ts'
import type { TrailFiles } from './trail-files.ts'
import { Trail } from './trail.ts'
import type { TrailOptions } from './trail.ts'

const standardSegmentBytes = 64 * 1_024 * 1_024

/**
 * Opens the trail: checks it from the last head that the store knows, cuts off what a crash tore, takes the rest to the disk, and
 * brings over what the outbox holds.
 *
 * @throws {ConfigError} where the log is shorter than it was, or not as it was written, or not that of the store.
 */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  const files = options.files ?? openTrailFiles(options.directory)
  const report = options.report ?? (() => {})
  const key = chainKey(options.keyRing)
  const head = await openHead(options, key, files)
  const found = readLog({ files, key, head, fromHead: true })
  requireWhole(found, options.directory)
  await requireStoreOf(found.position, options)
  const { end, segments } = found
  if (end?.tornBytes) cutOff(files, end, report)
  for (const segment of segments) if (segment > (end?.segment ?? 0)) leaveOut(files, segment, report)
  const opened = end === undefined ? undefined : { file: files.reopen(end.segment, end.length), length: end.length }
  // What is read here may be in the page cache only, and soon counts as arrived.
  files.sync(segments.filter(segment => segment <= (end?.segment ?? 0)))
  const syncThread = options.syncThread ?? openSyncThread()
  const log = new LogWriter({
    files,
    key,
    syncThread,
    segmentBytes: options.segmentBytes ?? standardSegmentBytes,
    position: found.position,
    lastSegment: end?.segment ?? 0,
    ...(opened === undefined ? {} : { opened }),
    report,
  })
  const trail = new Trail(options, { key, log, syncThread, head })
  try {
    await trail.drainOutbox()
    return trail
  } catch (error) {
    await trail[Symbol.asyncDispose]()
    throw error
  }
}

function requireWhole({ fault, end, passedHead }: LogReport, directory: string): void {
  // What is behind the head was never promised: a power cut may leave it in any state.
  if (passedHead && (fault === undefined || end !== undefined)) return
  const { segment, line, detail } = fault ?? {
    segment: end?.segment ?? 0,
    line: 0,
    detail: 'records are missing at its end',
  }
  throw new ConfigError(
    `The trail in ${directory} was altered (segment ${segment}, line ${line}: ${detail}). Run "postern trail verify" and restore it`,
  )
}

function cutOff(files: TrailFiles, { segment, length, tornBytes }: LogEnd, report: (message: string) => void): void {
  if (holdsRecords(files.read(segment).subarray(length))) {
    const aside = files.setAside(segment, length)
    report(
      `RECORDS MAY BE MISSING: behind the last good record of segment ${segment} of the trail, records follow that do not belong there. They are kept in ${aside}: a power cut does this, and so does somebody who takes out records`,
    )
  } else report(`Cut off ${tornBytes} bytes of a record that a crash left unfinished`)
}

// A segment whose place the records before do not reach, or that has no first line.
function leaveOut(files: TrailFiles, segment: number, report: (message: string) => void): void {
  if (!holdsRecords(files.read(segment))) return files.remove(segment)
  const aside = files.setAside(segment, 0)
  report(
    `RECORDS MAY BE MISSING: segment ${segment} of the trail does not go on where the one before ends. It is kept in ${aside}`,
  )
}

const holdsRecords = (bytes: Buffer): boolean =>
  bytes
    .toString('latin1')
    .split('\n')
    .some(line => eventOf(line) !== undefined)

// A change is in the store before its record is in the log. In an older copy of the store the outbox would count again what it
// has counted before, and the records of its changes would be taken for ones that have arrived.
async function requireStoreOf({ outbox }: ChainPosition, { store, directory }: TrailOptions): Promise<void> {
  if ((await store.lastOutboxSequence()) >= outbox) return
  throw new ConfigError(
    `The store is older than the trail in ${directory}: an earlier copy of it was put in its place. Put the newer one back, or use "postern restore" for a backup`,
  )
}

async function openHead(options: TrailOptions, key: KeyObject, files: TrailFiles): Promise<ChainPosition> {
  const { store } = options
  const known = await readHead(store, key)
  const hasLog = files.list().length > 0
  if (known === undefined && (hasLog || (await hasKeyRing(store)))) {
    throw new ConfigError(
      'The head of the trail is missing from the store: run "postern trail verify" and restore the data directory',
    )
  }
  if (known !== undefined && (await isRestored(store))) return beginAfterRestore(options, key, known, hasLog)
  if (known !== undefined) return known
  await writeHead(store, key, chainStart)
  return chainStart
}

// The backup's head is that of a trail that stayed elsewhere. Whoever can write to the store can say so too: it does not go
// unseen.
async function beginAfterRestore(
  { store, directory, clock, report }: TrailOptions,
  key: KeyObject,
  head: ChainPosition,
  hasLog: boolean,
): Promise<ChainPosition> {
  if (hasLog) {
    throw new ConfigError(
      `The store was restored from a backup, but ${directory} holds the trail of another one: keep it elsewhere, and start again`,
    )
  }
  const record = buildRestoredEvent({ at: clock.now(), eventId: newUuid(systemRandom), head })
  await beginRestoredTrail(store, key, record)
  report?.(
    `The store was restored from a backup: a new trail begins. Keep the trail before it, of ${head.sequence} records or more; where nobody restored, it was thrown away`,
  )
  return chainStart
}
