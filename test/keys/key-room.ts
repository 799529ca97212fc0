// Keys in a store, as the tests of the keys' room need them: made, changed and used without a server.
import { SecretBytes, accountRootArn, seededRandom } from '../../src/base/index.ts'
import type { Instant } from '../../src/base/index.ts'
import {
  createAlias,
  createGrant,
  createKey,
  defaultKeyPolicy,
  newKeyName,
  openKeys,
  relatedKeys,
  replicateKey,
  rotateKey,
  runDueKeyWork,
  wantedGrant,
} from '../../src/keys/index.ts'
import type { GrantValue, KeyEntry, KeyEvent, Keys, KeyValue, NewGrant, NewKey } from '../../src/keys/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import type { Store, Write } from '../../src/storage/index.ts'
import { boundedWork } from '../../src/threads/index.ts'

export const account = '111122223333'
export const region = 'us-west-2'
/** The other Regions of the installation. */
export const otherRegions = ['eu-west-1', 'ap-southeast-2'] as const
export const start: Instant = Date.UTC(2026, 10, 24)

/** The keys of one installation, with a clock that the test sets. */
export class KeyRoom {
  readonly random = seededRandom(20_261_124)
  readonly keyRing = this.#newKeyRing()
  readonly work = boundedWork(1)
  readonly events: KeyEvent[] = []
  store: Store
  keys: Keys
  now = start

  constructor(store: Store) {
    this.store = store
    this.keys = this.#openKeys(store)
  }

  #openKeys(store: Store): Keys {
    return openKeys({
      store,
      keyRing: this.keyRing,
      regions: [region, ...otherRegions],
      clock: { now: () => this.now },
    })
  }

  #newKeyRing() {
    const root = rootKeyOf(new SecretBytes(this.random(32)))
    return openKeyRing(root, createKeyRing(root, this.random), this.random)
  }

  /** As after another start of the server. */
  reopen(store: Store): void {
    this.store = store
    this.keys = this.#openKeys(store)
  }

  async makeKey(wanted: Partial<NewKey> = {}): Promise<KeyEntry> {
    const { multiRegion = false } = wanted
    const name = newKeyName(account, wanted.region ?? region, this.random, { multiRegion })
    const whole: NewKey = {
      account,
      region,
      description: '',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      policy: defaultKeyPolicy(account),
      tags: [],
      ...wanted,
    }
    await this.store.commit({ writes: (await createKey(whole, name, this)).writes })
    return (await this.find(name.keyId, whole.region))!
  }

  find(keyId: string, at = region): Promise<KeyEntry | undefined> {
    return this.keys.findKey(at, keyId)
  }

  /** Makes a copy of a primary key in another Region, and gives it as it is then: in state `creating`. */
  async replicate({ key: { keyId, region: from } }: Pick<KeyEntry, 'key'>, to: string): Promise<KeyEntry> {
    const primary = (await this.find(keyId, from))!
    const wanted = { region: to, description: '', policy: defaultKeyPolicy(account), tags: [] }
    const { keyRing, now, keys } = this
    const related = await relatedKeys(primary.key, keys)
    const materials = await keys.materialsOf(primary.key)
    await this.store.commit({ writes: replicateKey(primary, wanted, { related, materials, keyRing, now }).writes })
    return (await this.find(keyId, to))!
  }

  /** Changes a key as it is now. */
  async change(
    { key: { keyId, region: at } }: Pick<KeyEntry, 'key'>,
    change: (entry: KeyEntry) => readonly Write[],
  ): Promise<KeyEntry> {
    await this.store.commit({ writes: change((await this.find(keyId, at))!) })
    return (await this.find(keyId, at))!
  }

  async rotate({ key: { keyId } }: Pick<KeyEntry, 'key'>): Promise<KeyEntry> {
    const entry = (await this.find(keyId))!
    const { random, work, keyRing, now, keys } = this
    const related = await relatedKeys(entry.key, keys)
    await this.store.commit({ writes: (await rotateKey(entry, { random, work, keyRing, now, related })).writes })
    return (await this.find(keyId))!
  }

  async makeAlias(aliasName: string, entry: KeyEntry): Promise<void> {
    await this.store.commit(createAlias(aliasName, entry, { alias: undefined, aliasesOfKey: 0 }, this.now))
  }

  /** Makes a grant of Decrypt to the key's own account, unless it says otherwise. */
  async makeGrant(entry: KeyEntry, wanted: Partial<NewGrant> = {}): Promise<GrantValue> {
    const grantee = { id: account, arn: accountRootArn(account) }
    const whole = { grantee, issuingAccount: account, operations: ['Decrypt'], constraints: {}, ...wanted }
    const { grant, writes } = createGrant(wantedGrant(entry, whole), entry, 0, this)
    await this.store.commit({ writes })
    return grant
  }

  /** Does what is due by now, and gives how much that was. */
  doDueWork(recordOf?: (event: KeyEvent) => string): Promise<number> {
    const { keys, store, random, work, now, events } = this
    const remember = (event: KeyEvent): string => `record ${events.push(event)}`
    return runDueKeyWork({ keys, store, random, work, now, recordOf: recordOf ?? remember })
  }

  /** The names of the keys that are there. */
  async keyIds(): Promise<readonly string[]> {
    return (await this.keys.listKeys(account, region, {})).map(({ value }: { readonly value: KeyValue }) => value.keyId)
  }
}
