import assert from 'node:assert/strict'
import { createAccount, openAccounts } from '../../src/accounts/index.ts'
import type { Accounts } from '../../src/accounts/index.ts'
import type { AccessCheck } from '../../src/authorization/index.ts'
import { SecretBytes, accountRootArn, seededRandom } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import { iamService } from '../../src/services/index.ts'
import type { PreparedOperation, RequestScope } from '../../src/services/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'

export const account = '111122223333'
export const now = Date.UTC(2026, 10, 25)

const random = seededRandom(20_261_125)
const root = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(root, createKeyRing(root, random), random)

/** What the pipeline knows of a request of the root user. */
export const scope: RequestScope = {
  requestId: 'request',
  region: 'us-east-1',
  caller: {
    kind: 'root',
    account,
    arn: accountRootArn(account),
    userId: account,
    accessKeyId: 'ASIAEXAMPLE',
    tags: {},
    issuedAt: 0,
  },
  path: { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true },
  now,
}

/** The operations of IAM on a store of their own: nobody is asked whether they are permitted. */
export class IamBench {
  readonly store: Store
  readonly accounts: Accounts
  readonly #needs

  private constructor(store: Store) {
    this.store = store
    this.accounts = openAccounts({ store, keyRing, random, clock: { now: () => now } })
    this.#needs = { accounts: this.accounts, keyRing, random }
  }

  static async open(): Promise<IamBench> {
    const store = await openMemoryStore()
    await store.commit({ writes: createAccount(account, 'An account', { random, now }).writes })
    return new IamBench(store)
  }

  prepare(name: string, input: object): Promise<PreparedOperation> {
    return iamService.operations.get(name)!.prepare(input, scope, this.#needs)
  }

  /** What must be permitted. */
  async checks(name: string, input: object): Promise<readonly AccessCheck[]> {
    const { checks } = await this.prepare(name, input)
    assert.ok(typeof checks !== 'string')
    return checks
  }

  /** Runs and commits as the server does, once. */
  async do<Output>(name: string, input: object): Promise<Output> {
    const { output, commit } = await (await this.prepare(name, input)).run()
    if (commit !== undefined) await this.store.commit(commit)
    return output as Output
  }
}
