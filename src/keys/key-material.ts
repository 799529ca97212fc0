import { createHmac, createSecretKey } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import { keySpecs } from '../crypto/index.ts'
import type { KeySpec, SymmetricMaterial } from '../crypto/index.ts'
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

/** Makes new material for a key and wraps it; the plaintext is wiped before this returns. */
export function newMaterial(
  owner: MaterialOwner,
  needs: { readonly random: Random; readonly keyRing: KeyRing; readonly now: Instant },
): MaterialValue {
  const plaintext = new SecretBytes(needs.random(keySpecs[owner.keySpec].materialBytes))
  const materialId = materialIdOf(owner.keyId, plaintext, needs.keyRing)
  const wrapped = needs.keyRing.wrap(plaintext, associatedData(owner, materialId))
  plaintext.wipe()
  return { key: keyRecordId(owner.region, owner.keyId), materialId, wrapped, createdAt: needs.now }
}

/** Unwraps material for use. @throws {UnwrapError} */
export function unwrapMaterial(owner: MaterialOwner, value: MaterialValue, keyRing: KeyRing): SymmetricMaterial {
  const plaintext = keyRing.unwrap(value.wrapped, associatedData(owner, value.materialId))
  const key = createSecretKey(plaintext.exposeBytes())
  plaintext.wipe()
  return { materialId: value.materialId, key }
}

// A keyed hash: a plain one would let anybody test guesses of a weak imported key.
function materialIdOf(keyId: string, plaintext: SecretBytes, keyRing: KeyRing): string {
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
