import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { minuteMillis } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { parseAttestationDocument } from './attestation-document.ts'
import type { AttestationDocument } from './attestation-document.ts'
import { verifyChain } from './certificate-chain.ts'
import { decodeStrictly, isSignedBy, parseCoseSign1 } from './cose-sign1.ts'

/** What a true attestation document says: it is signed by hardware whose root is trusted, and fresh. */
export interface VerifiedAttestation extends Pick<AttestationDocument, 'environment' | 'moduleId' | 'registers'> {
  /** The RSA key that only the attested environment can decrypt with. */
  readonly publicKey: KeyObject
}

/** Why a document is not believed. It is told to whoever sent it: the document is theirs. */
export type AttestationFault = 'malformed' | 'untrusted' | 'not-fresh' | 'no-public-key'

/** How far a document's time may be from ours. */
export const attestationAgeMillis = 5 * minuteMillis

const minModulusBits = 2_048
const maxModulusBits = 4_096

/** A signed attestation document, and what to hold it against. */
export interface AttestationClaim {
  readonly bytes: Uint8Array
  /** DER of the trusted roots; with none nothing is believed. */
  readonly roots: readonly Uint8Array[]
  readonly now: Instant
}

/** Verifies a signed attestation document. It takes milliseconds: the chain has a signature of P-384 for each of its certificates. */
export function verifyAttestation({ bytes, ...trust }: AttestationClaim): VerifiedAttestation | AttestationFault {
  const message = parseCoseSign1(bytes)
  const document = message === undefined ? undefined : readPayload(message.payload)
  if (message === undefined || document === undefined) return 'malformed'
  const signer = verifyChain(document.certificate, document.caBundle, trust)
  if (signer === undefined || !isSignedBy(message, signer)) return 'untrusted'
  if (Math.abs(trust.now - document.createdAt) > attestationAgeMillis) return 'not-fresh'
  const publicKey = readPublicKey(document.publicKey)
  if (publicKey === undefined) return 'no-public-key'
  const { environment, moduleId, registers } = document
  return { environment, moduleId, registers, publicKey }
}

function readPayload(payload: Buffer): AttestationDocument | undefined {
  try {
    return parseAttestationDocument(decodeStrictly(payload, true))
  } catch {
    return undefined
  }
}

/** An RSA key as KMS takes it, else `undefined`. */
function readPublicKey(der: Buffer | undefined): KeyObject | undefined {
  if (der === undefined) return undefined
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0
    const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n
    // A small or an even exponent would give the content key away.
    if (bits < minModulusBits || bits > maxModulusBits || exponent < 65_537n || exponent % 2n === 0n) return undefined
    // No client makes a larger one, and each use of it would take long.
    if (exponent >= 1n << 32n) return undefined
    return key.export({ format: 'der', type: 'spki' }).equals(der) ? key : undefined
  } catch {
    return undefined
  }
}
