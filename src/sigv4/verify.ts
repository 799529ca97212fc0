import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'
import type { SignedRequest } from './signed-request.ts'
import { deriveSigningKey } from './signing-key.ts'

/** Whether the signature is the one that this signing key makes; takes the same time wherever they differ. */
export function verifySignature(signed: SignedRequest, signingKey: KeyObject): boolean {
  const expected = createHmac('sha256', signingKey).update(signed.stringToSign).digest()
  return timingSafeEqual(expected, Buffer.from(signed.signature, 'hex'))
}

const nobody = deriveSigningKey(new SecretBytes(Buffer.alloc(40)), { date: '', region: '', service: '' })

/** Spends the time of a verification for an access key that there is not, so that time does not tell which there are. */
export function verifyAgainstNothing(signed: SignedRequest): void {
  verifySignature(signed, nobody)
}
