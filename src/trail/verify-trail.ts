import type { KeyRing } from '../seal/index.ts'
import type { Store } from '../storage/index.ts'
import { chainKey, chainStart } from './chain.ts'
import type { ChainPosition } from './chain.ts'
import { readHead } from './head.ts'
import { readLog } from './read-log.ts'
import type { LogFault } from './read-log.ts'
import { openTrailFiles } from './trail-files.ts'

/** What checking a whole trail found. */
export interface TrailReport {
  readonly records: number
  readonly sequence: number
  /** The first of its records that says that the trail was begun after a restore; absent in one that has always been. */
  readonly restored?: number
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
  const known = await readHead(options.store, key)
  const head = known ?? chainStart
  const found = readLog({ files: openTrailFiles(options.directory), key, head, fromHead: false })
  const { records, position, end, restores } = found
  const restored = restores.length === 0 ? {} : { restored: restores[0]! }
  const summary = { records, sequence: position.sequence, ...restored }
  if (found.fault !== undefined) return { ...summary, fault: found.fault }
  const detail = await storeFault(options.store, known, position, found.passedHead)
  return detail === undefined ? summary : { ...summary, fault: { segment: end?.segment ?? 0, line: 0, detail } }
}

async function storeFault(
  store: Store,
  head: ChainPosition | undefined,
  { outbox }: ChainPosition,
  passedHead: boolean,
): Promise<string | undefined> {
  if (head === undefined)
    return 'the head of the log is missing from the store, which has had one from its first start on'
  if ((await store.lastOutboxSequence()) < outbox)
    return 'the store is older than the log: an earlier copy of it was put in its place'
  if (!passedHead)
    return `the log does not reach record ${head.sequence}, which was in it: records are missing at its end`
  return undefined
}
