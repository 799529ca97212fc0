import type { Instant } from '../base/index.ts'
import type { KeySpec, KeyUsage } from '../crypto/index.ts'
import type { Collection, StoredRecord } from '../storage/index.ts'
import type { BoundPrincipals, CompiledPolicy } from '../policy/index.ts'

/** Where a key is in its life. */
export type KeyState =
  | { readonly kind: 'enabled' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'pending-deletion'; readonly deleteAt: Instant; readonly windowDays: number }
  /** A primary that is deleted once its last replica is; its waiting period begins then. */
  | { readonly kind: 'pending-replica-deletion'; readonly windowDays: number }
  /** Imported material is missing: never imported, expired or deleted. */
  | { readonly kind: 'pending-import' }
  /** Its custom key store is not connected. Never stored: it follows from the store. */
  | { readonly kind: 'unavailable' }
  /** A replica that is being made. */
  | { readonly kind: 'creating' }
  /** Its primary Region is being changed. */
  | { readonly kind: 'updating' }

/** Where the material of a key comes from. */
export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'

/** The Regions of a multi-Region key: the same in the record of each of them. */
export interface KeyRegions {
  readonly primary: string
  readonly replicas: readonly string[]
}

/** A tag of a key; identity policies see it as `aws:ResourceTag/KEY`, the key policy does not. */
export interface KeyTag {
  readonly key: string
  readonly value: string
}

/** Whether and when a key gets new material by itself. */
export interface KeyRotation {
  readonly enabled: boolean
  readonly periodDays: number
  /** When the next automatic rotation is due; only while enabled. */
  readonly nextAt?: Instant
}

/** What is there of the material that was imported for a key. */
export interface ImportedMaterial {
  /** Whether all that belongs to the key for good is there; what waits for its rotation does not yet. */
  readonly isComplete: boolean
  /** When the first of it expires. */
  readonly validTo?: Instant
}

/** A key without its material. */
export interface KeyValue {
  readonly keyId: string
  readonly account: string
  readonly region: string
  readonly arn: string
  readonly createdAt: Instant
  readonly description: string
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
  readonly origin: KeyOrigin
  readonly keyManager: 'CUSTOMER' | 'AWS'
  readonly multiRegion: boolean
  /** Where a multi-Region key is; absent for every other. */
  readonly regions?: KeyRegions
  readonly state: KeyState
  /** The key policy, byte for byte. */
  readonly policy: string
  /** Who its principals were when it was saved. */
  readonly boundPrincipals?: BoundPrincipals
  readonly tags: readonly KeyTag[]
  readonly rotation: KeyRotation
  /** Id of the material that is used; absent before the first import, and where the material is in a CloudHSM cluster. */
  readonly materialId?: string
  /** Of a key of imported material; absent before the first import. */
  readonly imported?: ImportedMaterial
  /** The custom key store that it is in. */
  readonly customKeyStoreId?: string
  readonly cloudHsmClusterId?: string
  /** Its key in the external key store. */
  readonly xksKeyId?: string
}

/** A key's material, wrapped. Older ones stay, to decrypt what was encrypted with them. */
export interface MaterialValue {
  /** Record id of the key. */
  readonly key: string
  readonly materialId: string
  /** Absent where imported material was deleted, has expired or is still to come: it can be imported again, and nothing else in its place. */
  readonly wrapped?: string
  readonly createdAt: Instant
  /** How it became the current one; absent for a key's first, and before that. */
  readonly rotation?: MaterialRotation
  /** Of imported material only. */
  readonly imported?: MaterialImport
}

/** When and why a material became the current one of its key. */
export interface MaterialRotation {
  readonly at: Instant
  readonly type: 'AUTOMATIC' | 'ON_DEMAND'
}

/** What was said of a material when it was imported. */
export interface MaterialImport {
  readonly description?: string
  /** When it expires; absent where it does not. */
  readonly validTo?: Instant
  /** Whether it waits for a rotation to become the current one: until then it can be deleted for good. */
  readonly isPending: boolean
}

/** A name (`alias/…`) for a key of the same account and Region. */
export interface AliasValue {
  readonly aliasName: string
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** A key as it is cached: the record, and its policy compiled once per version. */
export interface KeyEntry {
  readonly record: StoredRecord<KeyValue>
  readonly key: KeyValue
  readonly policy: CompiledPolicy
}

/** How the names of the aliases of managed keys begin: no user makes or changes one. */
export const managedAliasPrefix = 'alias/aws/'

/** A key and its record: what a change starts from. */
export type StoredKey = Pick<KeyEntry, 'record' | 'key'>

/** Record id of a key: the same key id may be in several Regions (multi-Region keys). */
export function keyRecordId(region: string, keyId: string): string {
  return `${region}/${keyId}`
}

/** Record id of an alias: its name is unique in an account and Region. */
export function aliasRecordId(account: string, region: string, aliasName: string): string {
  return `${account}/${region}/${aliasName}`
}

/** Record id of one of the materials of a key. */
export function materialRecordId(region: string, keyId: string, materialId: string): string {
  return `${keyRecordId(region, keyId)}/${materialId}`
}

/** The index key of an account's things in a Region. */
export function scopeOf(account: string, region: string): string {
  return `${account}/${region}`
}

/** An instant as an index key: digits in the order of time. */
export function dueKey(instant: Instant): string {
  return String(instant).padStart(16, '0')
}

/** The key of the index of keys that are being replicated, or whose primary Region is being changed. */
export const unfinished = 'unfinished'

/** Keys, by `keyRecordId`. Indexes: account and Region (`scopeOf`), custom key store (its record id), when deletion or rotation is due (`dueKey`), and what was begun with keys of several Regions (`unfinished`). */
export const keyCollection: Collection<KeyValue> = {
  name: 'keys.key',
  indexes: {
    scope: key => [scopeOf(key.account, key.region)],
    // Keys of releases before had no store: the index needs no migration.
    customStore: ({ region, customKeyStoreId }) =>
      customKeyStoreId === undefined ? [] : [`${region}/${customKeyStoreId}`],
    deletionDue: key => (key.state.kind === 'pending-deletion' ? [dueKey(key.state.deleteAt)] : []),
    // The copies in other Regions are rotated with the primary key.
    rotationDue: ({ state, rotation, region, regions }) =>
      state.kind === 'enabled' && rotation.nextAt !== undefined && (regions?.primary ?? region) === region
        ? [dueKey(rotation.nextAt)]
        : [],
    // Keys of releases before were of one Region, and never in these states: the index needs no migration.
    unfinished: ({ state }) => (state.kind === 'creating' || state.kind === 'updating' ? [unfinished] : []),
  },
}

/** Key material, by `materialRecordId`. Indexes: the record id of the key, and when imported material expires (`dueKey`). */
export const materialCollection: Collection<MaterialValue> = {
  name: 'keys.material',
  indexes: {
    key: material => [material.key],
    // Material of releases before was never imported: the index needs no migration.
    expiryDue: ({ wrapped, imported }) =>
      wrapped === undefined || imported?.validTo === undefined ? [] : [dueKey(imported.validTo)],
  },
}

/** Aliases, by `aliasRecordId`. Indexes: account and Region (`scopeOf`), and the record id of the key. */
export const aliasCollection: Collection<AliasValue> = {
  name: 'keys.alias',
  indexes: {
    scope: alias => [scopeOf(alias.account, alias.region)],
    key: alias => [keyRecordId(alias.region, alias.keyId)],
  },
}
