import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ConfigError } from '../base/index.ts'
import { put } from '../storage/index.ts'
import type { Collection, Store } from '../storage/index.ts'
import { chainStart } from './chain.ts'
import type { ChainPosition } from './chain.ts'

interface HeadValue extends ChainPosition {
  /** Keyed, so that whoever can write to the store can't make the log shorter. */
  readonly mac: string
}

const headCollection: Collection<HeadValue> = { name: 'trail.head', indexes: {} }
const headId = 'head'

/** The position up to which the log was on the disk when last asked. @throws {ConfigError} where it was altered. */
export async function readHead(store: Store, key: KeyObject): Promise<ChainPosition> {
  const record = await store.get(headCollection, headId)
  if (record === undefined) return chainStart
  const { mac, ...position } = record.value
  if (macOf(key, position) !== mac)
    throw new ConfigError('The head of the trail in the store was altered: run "postern trail verify"')
  return position
}

export async function writeHead(store: Store, key: KeyObject, position: ChainPosition): Promise<void> {
  await store.commit({ writes: [put(headCollection, headId, { ...position, mac: macOf(key, position) }, 'any')] })
}

function macOf(key: KeyObject, { sequence, chain, outbox }: ChainPosition): string {
  return createHmac('sha256', key).update(`head\n${sequence}\n${outbox}\n${chain}`).digest('hex')
}
