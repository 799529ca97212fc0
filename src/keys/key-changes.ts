import { ServiceError, dayMillis, formatArn, newUuid } from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import { generateMaterial } from '../crypto/index.ts'
import type { KeySpec, KeyUsage } from '../crypto/index.ts'
import type { BoundPrincipals } from '../policy/index.ts'
import { put } from '../storage/index.ts'
import type { Write } from '../storage/index.ts'
import { newMaterial, wrapMaterials } from './key-material.ts'
import type { MaterialNeeds } from './key-material.ts'
import { keyCollection, keyRecordId, materialCollection, materialRecordId } from './key-records.ts'
import type { KeyEntry, KeyState, KeyTag, KeyValue, MaterialRotation, StoredKey } from './key-records.ts'
import { checkTags, mergeTags, withoutTags } from './key-tags.ts'
import { isPrimary, rewriteKey, writeShared } from './multi-region/index.ts'

/** What the caller of CreateKey decides. */
export interface NewKey {
  readonly account: string
  readonly region: string
  readonly description: string
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
  /** Whether it can have copies in other Regions; not if not given. */
  readonly multiRegion?: boolean
  readonly policy: string
  readonly boundPrincipals?: BoundPrincipals
  readonly tags: readonly KeyTag[]
}

/** The default rotation period of KMS. */
export const standardRotationDays = 365

/** A new key id and ARN, so that a policy can be checked before there is a key. Ids of multi-Region keys are told by their form. */
export function newKeyName(
  account: string,
  region: string,
  random: Random,
  options: { readonly multiRegion?: boolean } = {},
): { readonly keyId: string; readonly arn: string } {
  const uuid = newUuid(random)
  const keyId = options.multiRegion === true ? `mrk-${uuid.replaceAll('-', '')}` : uuid
  return { keyId, arn: formatArn('kms', region, account, `key/${keyId}`) }
}

/** An enabled key as it will be, but for its material. @throws {ServiceError} TagException */
export function draftKey(
  wanted: NewKey,
  name: { readonly keyId: string; readonly arn: string },
  now: Instant,
): KeyValue {
  checkTags(wanted.tags)
  const { multiRegion = false } = wanted
  return {
    ...wanted,
    ...name,
    createdAt: now,
    origin: 'AWS_KMS',
    keyManager: 'CUSTOMER',
    multiRegion,
    ...(multiRegion ? { regions: { primary: wanted.region, replicas: [] } } : {}),
    state: { kind: 'enabled' },
    rotation: { enabled: false, periodDays: standardRotationDays },
  }
}

/** Makes an enabled key with fresh material. @throws {ServiceError} TagException */
export async function createKey(
  wanted: NewKey,
  name: { readonly keyId: string; readonly arn: string },
  needs: MaterialNeeds,
): Promise<{ readonly key: KeyValue; readonly writes: readonly Write[] }> {
  const draft = draftKey(wanted, name, needs.now)
  const material = await newMaterial(draft, needs)
  const key: KeyValue = { ...draft, materialId: material.materialId }
  const materialRecord = materialRecordId(key.region, key.keyId, material.materialId)
  return {
    key,
    writes: [
      put(keyCollection, keyRecordId(key.region, key.keyId), key, 'absent'),
      put(materialCollection, materialRecord, material, 'absent'),
    ],
  }
}

/** Makes a key that waits for its material to be imported. @throws {ServiceError} TagException */
export function createKeyForImport(
  wanted: NewKey,
  name: { readonly keyId: string; readonly arn: string },
  now: Instant,
): { readonly key: KeyValue; readonly writes: readonly Write[] } {
  const draft = draftKey(wanted, name, now)
  const key: KeyValue = { ...draft, origin: 'EXTERNAL', state: { kind: 'pending-import' } }
  return { key, writes: [put(keyCollection, keyRecordId(key.region, key.keyId), key, 'absent')] }
}

/** Puts a key into use. Whether its state allows that must have been checked. */
export function enableKey(entry: KeyEntry): readonly Write[] {
  return withState(entry, { kind: 'enabled' })
}

/** Puts a key out of use. Whether its state allows that must have been checked. */
export function disableKey(entry: KeyEntry): readonly Write[] {
  return withState(entry, { kind: 'disabled' })
}

type DeletionState = Extract<KeyState, { readonly kind: 'pending-deletion' | 'pending-replica-deletion' }>

const minWindowDays = 7
const maxWindowDays = 30

/** When a key is deleted, where somebody wants that now. */
export interface DeletionOptions {
  readonly now: Instant
  readonly windowDays: number
}

/**
 * The state of a key whose deletion is scheduled: a primary key waits until its last replica is gone, and its waiting period begins then.
 *
 * @throws {ServiceError} ValidationException for a window outside 7 to 30 days.
 */
export function deletionState({ key }: Pick<KeyEntry, 'key'>, { now, windowDays }: DeletionOptions): DeletionState {
  if (windowDays < minWindowDays || windowDays > maxWindowDays) {
    throw new ServiceError(
      'ValidationException',
      `PendingWindowInDays must be between ${minWindowDays} and ${maxWindowDays}.`,
    )
  }
  if (isPrimary(key) && key.regions!.replicas.length > 0) return { kind: 'pending-replica-deletion', windowDays }
  return { kind: 'pending-deletion', deleteAt: now + windowDays * dayMillis, windowDays }
}

/** Schedules the deletion of a key (`deletionState`). @throws {ServiceError} ValidationException */
export function scheduleKeyDeletion(entry: KeyEntry, options: DeletionOptions): readonly Write[] {
  return withState(entry, deletionState(entry, options))
}

/** The key is disabled afterwards. */
export function cancelKeyDeletion(entry: KeyEntry): readonly Write[] {
  return withState(entry, { kind: 'disabled' })
}

/** Replaces the description of a key. */
export function describeKeyAs(entry: KeyEntry, description: string): readonly Write[] {
  return rewrite(entry, { ...entry.key, description })
}

/** @throws {ServiceError} TagException */
export function tagKey(entry: KeyEntry, tags: readonly KeyTag[]): readonly Write[] {
  return rewrite(entry, { ...entry.key, tags: mergeTags(entry.key.tags, tags) })
}

/** @throws {ServiceError} TagException */
export function untagKey(entry: KeyEntry, names: readonly string[]): readonly Write[] {
  return rewrite(entry, { ...entry.key, tags: withoutTags(entry.key.tags, names) })
}

/** The policy must have been compiled: what is stored is what decides. */
export function putKeyPolicy(entry: KeyEntry, policy: string, boundPrincipals: BoundPrincipals = {}): readonly Write[] {
  return rewrite(entry, { ...entry.key, policy, boundPrincipals })
}

/** What a change of something that multi-Region keys share needs besides. */
export interface SharedChangeOptions {
  /** The key in its other Regions (`relatedKeys`): none if not given, and then it must be in no other. */
  readonly related?: readonly StoredKey[]
}

/** Turns automatic rotation on, or changes its period; the next one is a period from now. In all Regions of the key. */
export function enableKeyRotation(
  entry: KeyEntry,
  options: SharedChangeOptions & { readonly now: Instant; readonly periodDays?: number },
): readonly Write[] {
  const { rotation } = entry.key
  const periodDays = options.periodDays ?? (rotation.enabled ? rotation.periodDays : standardRotationDays)
  if (rotation.enabled && rotation.periodDays === periodDays) return []
  const nextAt = options.now + periodDays * dayMillis
  return writeShared(entry, options.related ?? [], { rotation: { enabled: true, periodDays, nextAt } })
}

/** Turns automatic rotation off and forgets its period; all material stays. In all Regions of the key. */
export function disableKeyRotation(entry: KeyEntry, { related = [] }: SharedChangeOptions = {}): readonly Write[] {
  return writeShared(entry, related, { rotation: { enabled: false, periodDays: standardRotationDays } })
}

/**
 * Gives a key new material, in all of its Regions; what was encrypted before still decrypts with the old. The next automatic rotation is
 * a period after an automatic one, and where it was after one on demand.
 */
export async function rotateKey(
  entry: StoredKey,
  needs: MaterialNeeds & SharedChangeOptions & { readonly type?: MaterialRotation['type'] },
): Promise<{ readonly materialId: string; readonly writes: readonly Write[] }> {
  const { key } = entry
  const { related = [], type = 'AUTOMATIC', now } = needs
  const plaintext = await generateMaterial(key.keySpec, needs)
  const materials = wrapMaterials([key, ...related.map(other => other.key)], plaintext, needs)
  const { materialId } = materials[0]!
  const { rotation } = key
  const nextAt = now + rotation.periodDays * dayMillis
  const isDue = rotation.enabled && type === 'AUTOMATIC'
  const shared = { materialId, rotation: isDue ? { ...rotation, nextAt } : rotation }
  return {
    materialId,
    writes: [
      ...materials.map(material =>
        put(
          materialCollection,
          `${material.key}/${materialId}`,
          { ...material, rotation: { at: now, type } },
          'absent',
        ),
      ),
      ...writeShared(entry, related, shared),
    ],
  }
}

function withState(entry: KeyEntry, state: KeyState): readonly Write[] {
  return rewrite(entry, { ...entry.key, state })
}

const rewrite = (entry: StoredKey, key: KeyValue): readonly Write[] => [rewriteKey(entry, key)]
