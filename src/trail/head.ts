import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ConfigError, isSameSecretText } from '../base/index.ts'
import { put, remove } from '../storage/index.ts'
import type { Collection, Store } from '../storage/index.ts'
import type { ChainPosition } from './chain.ts'

interface HeadValue extends ChainPosition {
  /** Keyed, so that whoever can write to the store can't make the log shorter. */
  readonly mac: string
}

const headCollection: Collection<HeadValue> = { name: 'trail.head', indexes: {} }
const headId = 'head'

/**
 * The position up to which the log was on the disk when last asked; `undefined` before there was a log.
 *
 * @throws {ConfigError} where it was altered.
 */
export async function readHead(store: Store, key: KeyObject): Promise<ChainPosition | undefined> {
  const record = await store.get(headCollection, headId)
  if (record === undefined) return undefined
  const { mac, ...position } = record.value
  if (!isSameSecretText(macOf(key, position), mac))
    throw new ConfigError('The head of the trail in the store was altered: run "postern trail verify"')
  return position
}

export async function writeHead(store: Store, key: KeyObject, position: ChainPosition): Promise<void> {
  await store.commit({ writes: [put(headCollection, headId, { ...position, mac: macOf(key, position) }, 'any')] })
}

function macOf(key: KeyObject, { sequence, chain, outbox }: ChainPosition): string {
  return createHmac('sha256', key).update(`head\n${sequence}\n${outbox}\n${chain}`).digest('hex')
}

const restoredCollection: Collection<{ readonly restored: true }> = { name: 'trail.restored', indexes: {} }

/** Notes in a store that it was restored from a backup, whose trail is elsewhere. */
export async function markRestored(store: Store): Promise<void> {
  await store.commit({ writes: [put(restoredCollection, headId, { restored: true }, 'any')] })
}

/** Whether the store was restored and no trail was begun since. */
export async function isRestored(store: Store): Promise<boolean> {
  return (await store.get(restoredCollection, headId)) !== undefined
}

/** Begins a trail: the first head, in the place of one that a backup brought along. */
export async function beginHead(store: Store, key: KeyObject, position: ChainPosition): Promise<void> {
  const head = put(headCollection, headId, { ...position, mac: macOf(key, position) }, 'any')
  const isMarked = await isRestored(store)
  await store.commit({ writes: isMarked ? [head, remove(restoredCollection, headId, 'any')] : [head] })
}
