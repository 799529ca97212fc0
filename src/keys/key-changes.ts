import { ServiceError, dayMillis, formatArn, newUuid } from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import type { KeySpec, KeyUsage } from '../crypto/index.ts'
import type { BoundPrincipals } from '../policy/index.ts'
import { put } from '../storage/index.ts'
import type { Write } from '../storage/index.ts'
import { newMaterial } from './key-material.ts'
import type { MaterialNeeds } from './key-material.ts'
import { keyCollection, keyRecordId, materialCollection, materialRecordId } from './key-records.ts'
import type { KeyEntry, KeyState, KeyTag, KeyValue } from './key-records.ts'
import { checkTags, mergeTags, withoutTags } from './key-tags.ts'

/** What the caller of CreateKey decides. */
export interface NewKey {
  readonly account: string
  readonly region: string
  readonly description: string
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
  readonly policy: string
  readonly boundPrincipals?: BoundPrincipals
  readonly tags: readonly KeyTag[]
}

/** A key and its record: what a change starts from. */
export type StoredKey = Pick<KeyEntry, 'record' | 'key'>

/** The default rotation period of KMS. */
export const standardRotationDays = 365

/** A new key id and ARN, so that a policy can be checked before there is a key. */
export function newKeyName(
  account: string,
  region: string,
  random: Random,
): { readonly keyId: string; readonly arn: string } {
  const keyId = newUuid(random)
  return { keyId, arn: formatArn('kms', region, account, `key/${keyId}`) }
}

/** Makes an enabled key with fresh material. @throws {ServiceError} TagException */
export async function createKey(
  wanted: NewKey,
  name: { readonly keyId: string; readonly arn: string },
  needs: MaterialNeeds,
): Promise<{ readonly key: KeyValue; readonly writes: readonly Write[] }> {
  checkTags(wanted.tags)
  const material = await newMaterial({ ...wanted, keyId: name.keyId }, needs)
  const key: KeyValue = {
    ...wanted,
    ...name,
    createdAt: needs.now,
    origin: 'AWS_KMS',
    keyManager: 'CUSTOMER',
    multiRegion: false,
    state: { kind: 'enabled' },
    rotation: { enabled: false, periodDays: standardRotationDays },
    materialId: material.materialId,
  }
  const materialRecord = materialRecordId(key.region, key.keyId, material.materialId)
  return {
    key,
    writes: [
      put(keyCollection, keyRecordId(key.region, key.keyId), key, 'absent'),
      put(materialCollection, materialRecord, material, 'absent'),
    ],
  }
}

/** Puts a key into use. Whether its state allows that must have been checked. */
export function enableKey(entry: KeyEntry): readonly Write[] {
  return withState(entry, { kind: 'enabled' })
}

/** Puts a key out of use. Whether its state allows that must have been checked. */
export function disableKey(entry: KeyEntry): readonly Write[] {
  return withState(entry, { kind: 'disabled' })
}

const minWindowDays = 7
const maxWindowDays = 30

/** @throws {ServiceError} ValidationException for a window outside 7 to 30 days. */
export function scheduleKeyDeletion(
  entry: KeyEntry,
  options: { readonly now: Instant; readonly windowDays: number },
): readonly Write[] {
  const { now, windowDays } = options
  if (windowDays < minWindowDays || windowDays > maxWindowDays) {
    throw new ServiceError(
      'ValidationException',
      `PendingWindowInDays must be between ${minWindowDays} and ${maxWindowDays}.`,
    )
  }
  return withState(entry, { kind: 'pending-deletion', deleteAt: now + windowDays * dayMillis, windowDays })
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

/** Turns automatic rotation on, or changes its period; the next one is a period from now. */
export function enableKeyRotation(
  entry: KeyEntry,
  options: { readonly now: Instant; readonly periodDays?: number },
): readonly Write[] {
  const { rotation } = entry.key
  const periodDays = options.periodDays ?? (rotation.enabled ? rotation.periodDays : standardRotationDays)
  if (rotation.enabled && rotation.periodDays === periodDays) return []
  const nextAt = options.now + periodDays * dayMillis
  return rewrite(entry, { ...entry.key, rotation: { enabled: true, periodDays, nextAt } })
}

/** Turns automatic rotation off and forgets its period; all material stays. */
export function disableKeyRotation(entry: KeyEntry): readonly Write[] {
  return rewrite(entry, { ...entry.key, rotation: { enabled: false, periodDays: standardRotationDays } })
}

/** Gives a key new material; what was encrypted before still decrypts with the old. */
export async function rotateKey(
  entry: StoredKey,
  needs: MaterialNeeds,
): Promise<{ readonly materialId: string; readonly writes: readonly Write[] }> {
  const { key } = entry
  const material = await newMaterial(key, needs)
  const { rotation } = key
  const nextAt = needs.now + rotation.periodDays * dayMillis
  const rotated: KeyValue = {
    ...key,
    materialId: material.materialId,
    rotation: rotation.enabled ? { ...rotation, nextAt } : rotation,
  }
  const materialRecord = materialRecordId(key.region, key.keyId, material.materialId)
  return {
    materialId: material.materialId,
    writes: [put(materialCollection, materialRecord, material, 'absent'), ...rewrite(entry, rotated)],
  }
}

function withState(entry: KeyEntry, state: KeyState): readonly Write[] {
  return rewrite(entry, { ...entry.key, state })
}

function rewrite({ record }: StoredKey, key: KeyValue): readonly Write[] {
  // That a key is unavailable follows from its store: what it was before comes back with the connection.
  const state = key.state.kind === 'unavailable' ? record.value.state : key.state
  return [put(keyCollection, record.id, { ...key, state }, record.version)]
}
