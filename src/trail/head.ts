import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ConfigError, isSameSecretText } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { put, remove } from '../storage/index.ts'
import type { Collection, PutWrite, Store } from '../storage/index.ts'
import { chainKey, chainStart } from './chain.ts'
import type { ChainPosition } from './chain.ts'

interface HeadValue extends ChainPosition {
  /** Keyed, so that whoever can write to the store can't make the log shorter. */
  readonly mac: string
}

const headCollection: Collection<HeadValue> = { name: 'trail.head', indexes: {} }
const headId = 'head'

/**
 * The position up to which the log was on the disk when last asked; `undefined` in a store that has none.
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

/** Saves the position up to which the log is on the disk. */
export async function writeHead(store: Store, key: KeyObject, position: ChainPosition): Promise<void> {
  await store.commit({ writes: [putHead(key, position)] })
}

/**
 * The head of a trail that has no record yet. It is made in one commit with the key ring: a ring without a head is one whose
 * trail somebody has thrown away.
 */
export function firstHead(keyRing: KeyRing): PutWrite {
  return putHead(chainKey(keyRing), chainStart)
}

function putHead(key: KeyObject, position: ChainPosition): PutWrite {
  return put(headCollection, headId, { ...position, mac: macOf(key, position) }, 'any')
}

function macOf(key: KeyObject, { sequence, chain, outbox }: ChainPosition): string {
  return createHmac('sha256', key).update(`head\n${sequence}\n${outbox}\n${chain}`).digest('hex')
}

// As server/key-ring-record.ts writes it.
const ringCollection: Collection<unknown> = { name: 'seal.ring', indexes: {} }

/** Whether this is the store of an installation, which has its first head from the same commit as its key ring. */
export async function hasKeyRing(store: Store): Promise<boolean> {
  return (await store.get(ringCollection, 'ring')) !== undefined
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

/** Begins the trail of a restored store, in the place of the one whose head the backup brought along, with a record of that. */
export async function beginRestoredTrail(store: Store, key: KeyObject, record: string): Promise<void> {
  await store.commit({
    writes: [putHead(key, chainStart), remove(restoredCollection, headId, 'any')],
    outbox: [record],
  })
}
