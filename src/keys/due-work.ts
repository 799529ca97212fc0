import type { Instant, Random } from '../base/index.ts'
import type { SlowWork } from '../crypto/index.ts'
import { ConflictError, remove } from '../storage/index.ts'
import type { Store, StoredRecord, Write } from '../storage/index.ts'
import { freeExternalKey } from './custom-stores/index.ts'
import { materialEverywhere, removeMaterial } from './imported-material.ts'
import type { StoredMaterial } from './imported-material.ts'
import { forgetKeyUse } from './key-uses.ts'
import { rotateKey } from './key-changes.ts'
import type { Keys } from './keys.ts'
import { aliasCollection, dueKey, keyCollection, keyRecordId, materialCollection, unfinished } from './key-records.ts'
import type { KeyValue, MaterialRotation } from './key-records.ts'
import { finishChange, forgetReplica, relatedKeys } from './multi-region/index.ts'
import { noteRemainingGrants, removeRemainingGrants } from './remaining-grants.ts'

/** What happened to a key by itself: the trail records it as an event of the service. */
export type KeyEvent =
  | { readonly kind: 'deleted'; readonly key: KeyValue }
  | {
      readonly kind: 'rotated'
      readonly key: KeyValue
      readonly type: MaterialRotation['type']
      readonly previousMaterialId: string | undefined
      readonly materialId: string
    }
  /** What multi-Region keys share has been brought to all of their Regions. */
  | { readonly kind: 'synchronized'; readonly key: KeyValue }
  /** Imported material of it has expired, and is gone. */
  | { readonly kind: 'expired'; readonly key: KeyValue; readonly materialId: string }

/** What `runDueKeyWork` works on, and the time up to which work is due. */
export interface DueWorkOptions {
  readonly keys: Keys
  readonly store: Store
  readonly random: Random
  readonly work: SlowWork
  readonly now: Instant
  /** The record of an event, as it goes into the outbox with the change. */
  readonly recordOf: (event: KeyEvent) => string
}

const batch = 100

/**
 * Finishes what was begun with multi-Region keys, deletes the keys whose waiting period is over, with their grants, removes imported material that
 * has expired, and rotates the keys whose rotation is due; gives how many changes that were. Each change is one commit with its record, so a crash leaves it undone or done; a key that was changed meanwhile is left for the next time.
 */
export async function runDueKeyWork(options: DueWorkOptions): Promise<number> {
  const due = dueKey(options.now)
  let done = 0
  const begun = await options.store.find(keyCollection, 'unfinished', unfinished, { limit: batch })
  done += await doEach(begun, record => finish(record, options))
  const deleted = await options.store.findUpTo(keyCollection, 'deletionDue', due, batch)
  done += await doAll(deleted, record => deleteKey(record, options))
  await removeRemainingGrants(options.store)
  const expired = await options.store.findUpTo(materialCollection, 'expiryDue', due, batch)
  done += await doAll(expired, record => expire(record, options))
  const ageing = await options.store.findUpTo(keyCollection, 'rotationDue', due, batch)
  done += await doEach(ageing, record => rotate(record, options))
  return done
}

async function doEach<T>(
  records: readonly StoredRecord<T>[],
  doOne: (record: StoredRecord<T>) => Promise<void>,
): Promise<number> {
  let done = 0
  for (const record of records) {
    done += await unlessChanged(() => doOne(record))
    await letRequestsIn()
  }
  return done
}

// Not one after the other: the store scrubs in one pass what is removed while it is at the pass before.
async function doAll<T>(
  records: readonly StoredRecord<T>[],
  removeOne: (record: StoredRecord<T>) => Promise<void>,
): Promise<number> {
  const removals: Promise<number>[] = []
  for (const record of records) {
    const removal = unlessChanged(() => removeOne(record))
    // A failure is thrown below, when the others have ended.
    removal.catch(() => {})
    removals.push(removal)
    await letRequestsIn()
  }
  const results = await Promise.allSettled(removals)
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0)
}

// A commit holds everybody up while it waits for the disk.
function letRequestsIn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

async function unlessChanged(work: () => Promise<void>): Promise<number> {
  try {
    await work()
    return 1
  } catch (error) {
    if (error instanceof ConflictError) return 0
    throw error
  }
}

async function finish(record: StoredRecord<KeyValue>, { store, keys, recordOf }: DueWorkOptions): Promise<void> {
  const key = record.value
  const writes = finishChange([{ record, key }, ...(await relatedKeys(key, keys))])
  await store.commit({ writes, outbox: [recordOf({ kind: 'synchronized', key })] })
}

async function deleteKey(record: StoredRecord<KeyValue>, options: DueWorkOptions): Promise<void> {
  const { store, keys, now, recordOf } = options
  const key = record.value
  const related = await relatedKeys(key, keys)
  const writes: Write[] = [remove(keyCollection, record.id, record.version)]
  const id = keyRecordId(key.region, key.keyId)
  for (const material of await store.find(materialCollection, 'key', id)) {
    writes.push(remove(materialCollection, material.id, material.version))
  }
  for (const alias of await store.find(aliasCollection, 'key', id))
    writes.push(remove(aliasCollection, alias.id, alias.version))
  writes.push(...(await noteRemainingGrants(id, store)), ...(await freeExternalKey(key, store)))
  writes.push(forgetKeyUse(id), ...forgetReplica(key, related, now))
  await store.commit({
    writes,
    outbox: [recordOf({ kind: 'deleted', key }), ...synchronized(key, related, options)],
    scrub: true,
  })
  await keys.customStores.destroyMaterial(key)
}

async function expire(material: StoredMaterial, { store, keys, recordOf }: DueWorkOptions): Promise<void> {
  const { key: keyRecord, materialId } = material.value
  const record = await store.get(keyCollection, keyRecord)
  // Its key was deleted meanwhile, and the material with it.
  if (record === undefined) return
  const key = record.value
  const everywhere = await materialEverywhere({ record, key }, keys)
  const expired = everywhere.here.materials.find(
    ({ id, version }) => id === material.id && version === material.version,
  )
  // It was imported anew meanwhile, or deleted.
  if (expired === undefined) return
  const writes = removeMaterial(everywhere, expired)
  await store.commit({ writes, outbox: [recordOf({ kind: 'expired', key, materialId })], scrub: true })
}

async function rotate(record: StoredRecord<KeyValue>, options: DueWorkOptions): Promise<void> {
  const { store, keys, random, work, now, recordOf } = options
  const key = record.value
  const related = await relatedKeys(key, keys)
  const needs = { random, work, keyRing: keys.keyRing, now, related }
  const { materialId, writes } = await rotateKey({ record, key }, needs)
  const event = { kind: 'rotated', key, type: 'AUTOMATIC', previousMaterialId: key.materialId, materialId } as const
  await store.commit({ writes, outbox: [recordOf(event), ...synchronized(key, related, options)] })
}

/** The record that a change has reached other Regions, where the key is in others. */
function synchronized(key: KeyValue, related: readonly unknown[], { recordOf }: DueWorkOptions): readonly string[] {
  return related.length === 0 ? [] : [recordOf({ kind: 'synchronized', key })]
}
