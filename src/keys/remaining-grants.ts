import { put, remove } from '../storage/index.ts'
import type { Collection, Store, Write } from '../storage/index.ts'
import { grantCollection, namedGrantCollection } from './grant-records.ts'

/** Keys that are gone while their grants are still to be removed; by the record id of the key. */
const remainsCollection: Collection<{ readonly key: string }> = { name: 'keys.remaining-grants', indexes: {} }

// A commit holds everybody up while it is applied.
const batch = 500

/**
 * What to write with the deletion of a key: a note of its grants, where it has some. They are no part of that commit, which a key with
 * fifty thousand would make long; without their key they permit nothing.
 */
export async function noteRemainingGrants(key: string, store: Store): Promise<readonly Write[]> {
  const some = await store.find(grantCollection, 'key', key, { limit: 1 })
  return some.length === 0 ? [] : [put(remainsCollection, key, { key }, 'any')]
}

/** Whether grants of a key that is gone are still there: another key of its name would have them. */
export async function hasRemainingGrants(key: string, store: Store): Promise<boolean> {
  return (await store.get(remainsCollection, key)) !== undefined
}

/** Removes the grants of keys that are gone. */
export async function removeRemainingGrants(store: Store): Promise<void> {
  for (const { id: key } of await store.list(remainsCollection)) {
    for (;;) {
      const writes = await removals(key, store)
      if (writes.length === 0) break
      await store.commit({ writes })
      // Requests come in between.
      await new Promise<void>(resolve => setImmediate(resolve))
    }
    await store.commit({ writes: [remove(remainsCollection, key, 'any')] })
  }
}

// Somebody may be retiring one of them just now.
async function removals(key: string, store: Store): Promise<readonly Write[]> {
  const page = { limit: batch }
  const grants = await store.find(grantCollection, 'key', key, page)
  const names = await store.find(namedGrantCollection, 'key', key, page)
  return [
    ...grants.map(({ id }) => remove(grantCollection, id, 'any')),
    ...names.map(({ id }) => remove(namedGrantCollection, id, 'any')),
  ]
}
