import type { KeyPairMaterial } from './key-material.ts'
import type { KeySpec } from './key-specs.ts'
import type { MessageForm, SignatureHash } from './signing-algorithms.ts'
import type { SlowWork } from './slow-work.ts'

/** A message, what it is, and whose key signs it. Its length and form have been checked. */
export interface SignedMessage {
  readonly material: KeyPairMaterial
  readonly keySpec: KeySpec
  readonly hash: SignatureHash
  readonly message: Buffer
  readonly form: MessageForm
  readonly work: SlowWork
}

/** One way of making signatures. */
export interface SignatureScheme {
  sign(message: SignedMessage): Promise<Buffer>
  /** Whether the signature is right; a malformed one is just wrong. */
  verify(message: SignedMessage, signature: Buffer): Promise<boolean>
}
