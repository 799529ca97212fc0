import type { GrantFacts, GrantsAsked } from '../policy/index.ts'
import type { Store } from '../storage/index.ts'
import { grantCollection, granteeKey } from './grant-records.ts'
import { GranteeGrants } from './grantee-grants.ts'

/** What of a request decides which grants may count. */
export interface GrantSearch extends Pick<GrantsAsked, 'use' | 'sourceArn'> {
  /** Whoever asks is of another account than the key: how long it takes must not tell it whether the key has grants to others. */
  readonly isForeign: boolean
}

const pageSize = 1_000

/** The grants of one grantee, read or being read. */
interface Known {
  readonly grants: GranteeGrants
  /** Ids of records that have changed and are still to be read again. */
  readonly changed: Set<string>
  /** Ends when all grants are read; absent afterwards. */
  loading?: Promise<void>
  /** Ends when no change is left to be followed; absent afterwards. */
  following?: Promise<void>
}

/**
 * The grants on one key, read for each grantee that asks. A change is followed instead of forgetting what was read: a grantee with
 * fifty thousand grants is read once, however often one of them comes or goes.
 */
export class KeyGrants {
  readonly #store: Store
  readonly #key: string
  readonly #weigh: (change: number) => void
  readonly #grantees = new Map<string, Known>()
  #hasAny: boolean | undefined
  #asking: Promise<boolean> | undefined
  #weight = 1

  /** @param weigh hears of each grant and grantee that is kept, or kept no more. */
  constructor(store: Store, key: string, weigh: (change: number) => void) {
    this.#store = store
    this.#key = key
    this.#weigh = weigh
  }

  /** How much is kept. */
  get weight(): number {
    return this.#weight
  }

  /** The grants that may permit a request to somebody who has these ids. Most keys have none: then their own account asks no further. */
  async candidates(partyIds: Iterable<string>, search: GrantSearch): Promise<readonly GrantFacts[]> {
    if (!search.isForeign && !(this.#hasAny ?? (await this.#askForAny()))) return []
    const found: GrantFacts[] = []
    for (const partyId of partyIds) found.push(...(await this.#grantsOf(partyId)).candidates(search))
    return found
  }

  /** Takes in that a grant was made or removed: when this has ended, it counts. */
  async follow(recordId: string): Promise<void> {
    // One that was removed may have been the last: then there is nothing to be found, which does no harm.
    this.#hasAny = true
    this.#asking = undefined
    await Promise.all(
      [...this.#grantees].map(([partyId, known]) => {
        known.changed.add(recordId)
        // Who is read still will come to it.
        if (known.loading !== undefined) return known.loading
        known.following ??= this.#followAll(partyId, known)
        return known.following
      }),
    )
  }

  async #askForAny(): Promise<boolean> {
    const asking = (this.#asking ??= this.#findAny())
    try {
      const hasAny = await asking
      // A grant that was made meanwhile has put this answer aside.
      if (this.#asking !== asking) return true
      this.#hasAny = hasAny
      return hasAny
    } finally {
      if (this.#asking === asking) this.#asking = undefined
    }
  }

  async #findAny(): Promise<boolean> {
    return (await this.#store.find(grantCollection, 'key', this.#key, { limit: 1 })).length > 0
  }

  async #grantsOf(partyId: string): Promise<GranteeGrants> {
    let known = this.#grantees.get(partyId)
    if (known === undefined) {
      known = { grants: new GranteeGrants(), changed: new Set() }
      this.#grantees.set(partyId, known)
      this.#add(1)
      known.loading = this.#load(partyId, known)
    }
    if (known.loading !== undefined) await known.loading
    return known.grants
  }

  async #load(partyId: string, known: Known): Promise<void> {
    try {
      await this.#loadAll(partyId, known)
      // No step comes between the last look and the end: whatever changes from here on is followed.
      while (known.changed.size > 0) await this.#followAll(partyId, known)
    } catch (error) {
      this.#forget(partyId, known)
      throw error
    } finally {
      delete known.loading
    }
  }

  async #loadAll(partyId: string, { grants }: Known): Promise<void> {
    let after: string | undefined
    do {
      const page = { limit: pageSize, ...(after === undefined ? {} : { after }) }
      const records = await this.#store.find(grantCollection, 'grantee', granteeKey(this.#key, partyId), page)
      for (const { value } of records) this.#keep(grants, value)
      after = records.length < pageSize ? undefined : records.at(-1)!.id
      // Requests come in between.
      if (after !== undefined) await new Promise<void>(resolve => setImmediate(resolve))
    } while (after !== undefined)
  }

  /** Reads again what has changed, until nothing has. What changes once more while it is read is read once more. */
  async #followAll(partyId: string, known: Known): Promise<void> {
    try {
      for (const id of known.changed) {
        known.changed.delete(id)
        const record = await this.#store.get(grantCollection, id)
        if (known.changed.has(id)) continue
        if (record === undefined) this.#drop(known.grants, id.slice(id.lastIndexOf('/') + 1))
        else if (record.value.grantee.id === partyId) this.#keep(known.grants, record.value)
      }
    } catch (error) {
      // What is not known to be so is not kept: the next one who asks reads it all.
      this.#forget(partyId, known)
      throw error
    } finally {
      delete known.following
    }
  }

  #forget(partyId: string, known: Known): void {
    if (this.#grantees.get(partyId) !== known) return
    this.#grantees.delete(partyId)
    this.#add(-1 - known.grants.size)
  }

  #keep(grants: GranteeGrants, grant: GrantFacts): void {
    const before = grants.size
    grants.add(grant)
    this.#add(grants.size - before)
  }

  #drop(grants: GranteeGrants, grantId: string): void {
    const before = grants.size
    grants.remove(grantId)
    this.#add(grants.size - before)
  }

  #add(change: number): void {
    this.#weight += change
    this.#weigh(change)
  }
}
