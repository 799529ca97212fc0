import type { Instant } from '../base/index.ts'
import { put } from '../storage/index.ts'
import type { Collection, Store } from '../storage/index.ts'

const timeCollection: Collection<{ readonly at: Instant }> = { name: 'keys.believed-time', indexes: {} }
const timeId = 'time'

/** What the patient clock said when it was last noted; `undefined` before the first time. */
export async function readBelievedTime(store: Store): Promise<Instant | undefined> {
  return (await store.get(timeCollection, timeId))?.value.at
}

/** Notes what the patient clock says, so that the next start can tell a clock that is set wrong. */
export async function noteBelievedTime(store: Store, at: Instant): Promise<void> {
  await store.commit({ writes: [put(timeCollection, timeId, { at }, 'any')] })
}
