import { createHmac } from 'node:crypto'
import type { Instant, Random, SecretBytes } from '../base/index.ts'
import { generateMaterial, openMaterial } from '../crypto/index.ts'
import type { KeyMaterial, KeySpec, SlowWork } from '../crypto/index.ts'
import type { KeyRing } from '../seal/index.ts'
import type { MaterialValue } from './key-records.ts'
import { keyRecordId } from './key-records.ts'

/** What a material belongs to. */
export interface MaterialOwner {
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly keySpec: KeySpec
}

/** What making key material needs: randomness, where slow work runs, the key ring that wraps it, and the time. */
export interface MaterialNeeds {
  readonly random: Random
  readonly work: SlowWork
  readonly keyRing: KeyRing
  readonly now: Instant
}

/** Material that is there. */
export type WrappedMaterial = MaterialValue & { readonly wrapped: string }

/** Material that is ready for use, and its id. */
export type OpenedMaterial = KeyMaterial & { readonly materialId: string }

/** Secret bytes that are ready for use, and their id. */
export type OpenedSecret = Extract<OpenedMaterial, { readonly kind: 'secret' }>

/** Makes new material for a key and wraps it. */
export async function newMaterial(owner: MaterialOwner, needs: MaterialNeeds): Promise<WrappedMaterial> {
  return wrapMaterial(owner, await generateMaterial(owner.keySpec, needs), needs)
}

/** Wraps material for a key; the plaintext is wiped before this returns. */
export function wrapMaterial(
  owner: MaterialOwner,
  plaintext: SecretBytes,
  needs: Pick<MaterialNeeds, 'keyRing' | 'now'>,
): WrappedMaterial {
  return wrapMaterials([owner], plaintext, needs)[0]!
}

/**
 * Wraps material for a key in each of its Regions, under the one id that it has in all of them; the plaintext is wiped before this
 * returns.
 */
export function wrapMaterials(
  owners: readonly MaterialOwner[],
  plaintext: SecretBytes,
  { keyRing, now }: Pick<MaterialNeeds, 'keyRing' | 'now'>,
): readonly WrappedMaterial[] {
  try {
    return owners.map(owner => {
      const materialId = materialIdOf(owner.keyId, plaintext, keyRing)
      const wrapped = keyRing.wrap(plaintext, associatedData(owner, materialId))
      return { key: keyRecordId(owner.region, owner.keyId), materialId, wrapped, createdAt: now }
    })
  } finally {
    plaintext.wipe()
  }
}

/** The same material for the same key in another Region. @throws {UnwrapError} */
export function rewrapMaterial(
  owner: MaterialOwner,
  value: WrappedMaterial,
  region: string,
  keyRing: KeyRing,
): WrappedMaterial {
  const { materialId } = value
  const plaintext = keyRing.unwrap(value.wrapped, associatedData(owner, materialId))
  try {
    const wrapped = keyRing.wrap(plaintext, associatedData({ ...owner, region }, materialId))
    return { ...value, key: keyRecordId(region, owner.keyId), wrapped }
  } finally {
    plaintext.wipe()
  }
}

/** Unwraps material for use. @throws {UnwrapError} */
export function unwrapMaterial(owner: MaterialOwner, value: WrappedMaterial, keyRing: KeyRing): OpenedMaterial {
  const plaintext = keyRing.unwrap(value.wrapped, associatedData(owner, value.materialId))
  try {
    return { ...openMaterial(owner.keySpec, plaintext.exposeBytes()), materialId: value.materialId }
  } finally {
    plaintext.wipe()
  }
}

/** The id of a material: the same in all Regions of a key, and whenever it is imported. */
export function materialIdOf(keyId: string, plaintext: SecretBytes, keyRing: KeyRing): string {
  // A keyed hash: a plain one would let anybody test guesses of a weak imported key.
  const secret = keyRing.deriveKey('key material id')
  const id = createHmac('sha256', secret.exposeBytes())
    .update(keyId)
    .update('\0')
    .update(plaintext.exposeBytes())
    .digest('hex')
  secret.wipe()
  return id
}

function associatedData(owner: MaterialOwner, materialId: string): readonly string[] {
  return ['key material', owner.account, owner.region, owner.keyId, materialId]
}
