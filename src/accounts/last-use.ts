import type { Caller, Instant } from '../base/index.ts'
import { NotedValues, put, remove } from '../storage/index.ts'
import type { Collection, Store, Write } from '../storage/index.ts'

/** When something signed a request last, and what that was for. */
export interface LastUse {
  readonly at: Instant
  readonly region: string
  /** As in signatures: `kms`, `iam`, … */
  readonly service: string
}

/** The last uses of access keys, by their id, and of roles, by their unique id. */
export const lastUseCollection: Collection<LastUse> = { name: 'accounts.last-use', indexes: {} }

/** Forgets when an access key or role was used last: part of what deletes it. */
export function forgetLastUse(id: string): Write {
  return remove(lastUseCollection, id, 'any')
}

interface NotedUse {
  readonly caller: Caller
  readonly use: LastUse
}

/**
 * When access keys and roles were used last. Uses are noted in memory, and written down together when somebody asks for that from
 * time to time: a request does not wait for it, and a crash costs no more than the uses since.
 */
export class LastUses {
  readonly #store: Store
  readonly #isThere: (caller: Caller) => Promise<boolean>
  readonly #noted = new NotedValues<NotedUse>()

  /** @param isThere Whether the access key or role of a caller still exists: of what is gone, nothing is written. */
  constructor(store: Store, isThere: (caller: Caller) => Promise<boolean>) {
    this.#store = store
    this.#isThere = isThere
  }

  /** Notes that somebody signed a request. Of sessions of users and of the root user, AWS keeps nothing. */
  note(caller: Caller, use: LastUse): void {
    const id = usedId(caller)
    if (id !== undefined) this.#noted.note(id, { caller, use })
  }

  /** The last use of an access key (by its id) or of a role (by its unique id). */
  async find(id: string): Promise<LastUse | undefined> {
    return this.#noted.find(id)?.use ?? (await this.#store.get(lastUseCollection, id))?.value
  }

  /** Writes down what was noted since the last time. What can't be written is kept for the next time. */
  flush(): Promise<void> {
    return this.#noted.flush(this.#store, notes => this.#writesOf(notes))
  }

  async #writesOf(notes: readonly (readonly [string, NotedUse])[]): Promise<readonly Write[]> {
    const writes: Write[] = []
    for (const [id, { caller, use }] of notes)
      if (await this.#isThere(caller)) writes.push(put(lastUseCollection, id, use, 'any'))
    return writes
  }
}

function usedId(caller: Caller): string | undefined {
  if (caller.kind === 'role-session') return caller.roleId
  return caller.kind === 'user' && caller.session === undefined ? caller.accessKeyId : undefined
}
