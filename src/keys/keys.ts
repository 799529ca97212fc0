import type { KeyPairMaterial } from '../crypto/index.ts'
import { ServiceError, systemClock } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import { compileKeyPolicy } from '../policy/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { Page, RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { AbsentKeys, isAbsentKey } from './absent-key.ts'
import { AliasNames } from './alias-names.ts'
import { CustomStores, noHsmTokens } from './custom-stores/index.ts'
import { noProxies } from './external-key-store/index.ts'
import { Grants } from './grants.ts'
import { isPresent, stateAt } from './imported-state.ts'
import { KeyUses } from './key-uses.ts'
import { unwrapMaterial } from './key-material.ts'
import type { OpenedMaterial, OpenedSecret } from './key-material.ts'
import {
  aliasCollection,
  aliasRecordId,
  keyCollection,
  keyRecordId,
  managedAliasPrefix,
  materialCollection,
  materialRecordId,
  scopeOf,
} from './key-records.ts'
import type { AliasValue, KeyEntry, KeyValue, MaterialValue } from './key-records.ts'

/** What `openKeys` needs. */
export interface KeysOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  /** The custom key stores; none can be connected if not given. */
  readonly customStores?: CustomStores
  /** The Regions of the installation, which multi-Region keys can be in; no other if not given. */
  readonly regions?: readonly string[]
  /** Tells when imported material has expired; the machine's if not given. */
  readonly clock?: Clock
  /** How many keys, aliases and materials are kept in memory each; default 10,000. */
  readonly capacity?: number
}

/** Finds keys, aliases and material: from memory while they are unchanged, else from the store. */
export function openKeys(options: KeysOptions): Keys {
  return new Keys(options)
}

/** The keys, aliases and materials of a store. What it keeps in memory is given up with every commit that changes it. */
export class Keys {
  /** The grants on these keys. */
  readonly grants: Grants
  /** The custom key stores that some of them are in. */
  readonly customStores: CustomStores
  /** The Regions that a key can be replicated to. */
  readonly regions: ReadonlySet<string>
  /** When they were used last. */
  readonly uses: KeyUses
  readonly #store: Store
  readonly #keyRing: KeyRing
  readonly #clock: Clock
  readonly #entries: RecordCache<KeyEntry>
  readonly #aliases: RecordCache<StoredRecord<AliasValue>>
  readonly #materials: RecordCache<{ readonly value: MaterialValue; opened?: OpenedMaterial }>
  readonly #absent: AbsentKeys
  readonly #aliasNames: AliasNames
  readonly #absentAliasNames: AliasNames

  constructor(options: KeysOptions) {
    const { store, keyRing, customStores, regions = [], clock = systemClock, capacity = 10_000 } = options
    this.regions = new Set(regions)
    this.#store = store
    this.#keyRing = keyRing
    this.#clock = clock
    this.grants = new Grants(store, keyRing, capacity)
    this.customStores = customStores ?? unreachableStores(store, keyRing)
    this.uses = new KeyUses(store)
    this.#entries = recordCache(store, keyCollection, toEntry, { capacity })
    this.#aliases = recordCache(store, aliasCollection, record => record, { capacity })
    this.#materials = recordCache(store, materialCollection, ({ value }) => ({ value }), { capacity })
    this.#absent = new AbsentKeys(capacity)
    this.#aliasNames = new AliasNames(store, capacity)
    this.#absentAliasNames = new AliasNames(store, capacity)
  }

  /** What wraps key material. */
  get keyRing(): KeyRing {
    return this.#keyRing
  }

  /**
   * The key of that id. One of a custom key store that is not connected is unavailable: that is in no record of its own. Nor is it that
   * imported material has expired: that is so from the very millisecond on.
   */
  async findKey(region: string, keyId: string): Promise<KeyEntry | undefined> {
    const stored = await this.#entries.get(keyRecordId(region, keyId))
    const entry = stored?.key.origin === 'EXTERNAL' ? this.#withState(stored) : stored
    const storeId = entry?.key.customKeyStoreId
    if (entry === undefined || storeId === undefined) return entry
    const { kind } = entry.key.state
    if (kind !== 'enabled' && kind !== 'disabled') return entry
    const store = await this.customStores.find(region, storeId)
    if (store?.value.connection.kind === 'connected') return entry
    return { ...entry, key: { ...entry.key, state: { kind: 'unavailable' } } }
  }

  /** What stands for a key of another account that is not there. */
  absentKey(account: string, region: string, keyId: string): KeyEntry {
    return this.#absent.of(account, region, keyId)
  }

  #withState(entry: KeyEntry): KeyEntry {
    const state = stateAt(entry.key, this.#clock.now())
    return state === entry.key.state ? entry : { ...entry, key: { ...entry.key, state } }
  }

  findAlias(account: string, region: string, aliasName: string): Promise<StoredRecord<AliasValue> | undefined> {
    return this.#aliases.get(aliasRecordId(account, region, aliasName))
  }

  /** Names of a key's aliases. A key that is not there has none; it is asked for them like any other, so that this takes no less time. */
  async aliasesOf({ record, key }: Pick<KeyEntry, 'record' | 'key'>): Promise<readonly string[]> {
    const id = keyRecordId(key.region, key.keyId)
    if (!isAbsentKey({ record })) return this.#aliasNames.of(id)
    await this.#absentAliasNames.of(id)
    return []
  }

  /** Keys of an account and Region in the order of their record ids. */
  listKeys(account: string, region: string, page: Page): Promise<readonly StoredRecord<KeyValue>[]> {
    return this.#store.find(keyCollection, 'scope', scopeOf(account, region), page)
  }

  /** How many keys an account has made in a Region, in whatever state; not those that services have made for it. */
  async countCustomerKeys(account: string, region: string, most: number): Promise<number> {
    const scope = scopeOf(account, region)
    const count = await this.#store.count(keyCollection, 'scope', scope)
    if (count < most) return count
    const after = aliasRecordId(account, region, managedAliasPrefix)
    const aliases = await this.#store.find(aliasCollection, 'scope', scope, { after })
    return count - aliases.filter(({ value }) => value.aliasName.startsWith(managedAliasPrefix)).length
  }

  /** Aliases of an account and Region, or of one of its keys, in the order of their names. */
  listAliases(
    account: string,
    region: string,
    page: Page & { readonly keyId?: string },
  ): Promise<readonly StoredRecord<AliasValue>[]> {
    const { keyId } = page
    if (keyId === undefined) return this.#store.find(aliasCollection, 'scope', scopeOf(account, region), page)
    return this.#store.find(aliasCollection, 'key', keyRecordId(region, keyId), page)
  }

  /** All material of a key, wrapped as it is stored. */
  materialsOf(key: KeyValue): Promise<readonly StoredRecord<MaterialValue>[]> {
    return this.#store.find(materialCollection, 'key', keyRecordId(key.region, key.keyId))
  }

  /** The secret bytes of a symmetric or HMAC key: the current ones, or those of that id. `undefined` where the key has no such material. */
  async secretMaterial(key: KeyValue, materialId = key.materialId): Promise<OpenedSecret | undefined> {
    const material = await this.#material(key, materialId)
    if (material?.kind === 'key-pair') throw new TypeError(`Key ${key.arn} has a key pair`)
    return material
  }

  /** The key pair of an asymmetric key. `undefined` where it has none now. */
  async keyPair(key: KeyValue): Promise<KeyPairMaterial | undefined> {
    const material = await this.#material(key, key.materialId)
    if (material?.kind === 'secret') throw new TypeError(`Key ${key.arn} has no key pair`)
    return material
  }

  async #material(key: KeyValue, materialId: string | undefined): Promise<OpenedMaterial | undefined> {
    if (materialId === undefined) return undefined
    const cached = await this.#materials.get(materialRecordId(key.region, key.keyId, materialId))
    if (cached === undefined) return undefined
    const { value } = cached
    // The key's state has said so already, unless it expired since.
    if (!isPresent(value, this.#clock.now()))
      throw new ServiceError('KMSInvalidStateException', `${key.arn} is pending import.`)
    cached.opened ??= unwrapMaterial(key, value, this.#keyRing)
    return cached.opened
  }
}

function unreachableStores(store: Store, keyRing: KeyRing): CustomStores {
  const report = (): void => {}
  return new CustomStores({ store, keyRing, clock: systemClock, proxies: noProxies, tokens: noHsmTokens, report })
}

function toEntry(record: StoredRecord<KeyValue>): KeyEntry {
  const { value } = record
  const { policy, arn, boundPrincipals } = value
  return { record, key: value, policy: compileKeyPolicy(policy, { name: `key policy of ${arn}` }, boundPrincipals) }
}
