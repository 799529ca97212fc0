import type { KeyRing } from '../seal/index.ts'
import type { Store } from '../storage/index.ts'
import { chainStart } from './chain.ts'
import { readHead } from './head.ts'
import { readLog } from './read-log.ts'
import type { LogFault } from './read-log.ts'
import { chainKey } from './trail.ts'
import { openTrailFiles } from './trail-files.ts'

/** What checking a whole trail found. */
export interface TrailReport {
  readonly records: number
  readonly sequence: number
  /** The first bad place; absent where the trail is whole. */
  readonly fault?: LogFault
}

/**
 * Checks every record of a trail against the chain, and the chain against the head in the store: finds records that were
 * altered, removed, inserted or reordered, and a log that was cut short or replaced by that of another installation.
 */
export async function verifyTrail(options: {
  readonly directory: string
  readonly keyRing: KeyRing
  readonly store: Store
}): Promise<TrailReport> {
  const key = chainKey(options.keyRing)
  const head = (await readHead(options.store, key)) ?? chainStart
  const found = readLog({ files: openTrailFiles(options.directory), key, head, fromHead: false })
  const { records, position, lastSegment = 0 } = found
  const summary = { records, sequence: position.sequence }
  if (found.fault !== undefined) return { ...summary, fault: found.fault }
  const isOlderStore = (await options.store.lastOutboxSequence()) < position.outbox
  if (found.passedHead && !isOlderStore) return summary
  const detail = isOlderStore
    ? 'the store is older than the log: an earlier copy of it was put in its place'
    : `the log does not reach record ${head.sequence}, which was in it: records are missing at its end`
  return { ...summary, fault: { segment: lastSegment, line: 0, detail } }
}
