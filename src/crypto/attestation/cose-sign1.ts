import { verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { decode, encode } from 'cborg'

/** A COSE_Sign1 message (RFC 9052 section 4.2) as it was read: nothing is known of its truth yet. */
export interface CoseSign1 {
  /** The protected header, as it was encoded: the signature is over these bytes. */
  readonly protectedHeader: Buffer
  readonly payload: Buffer
  readonly signature: Buffer
}

const maxMessageBytes = 32_768
const maxPayloadBytes = 16_384
/** ECDSA with SHA-384 (RFC 9053 section 2.1): the only algorithm of attestation documents. */
const es384 = -35
const es384SignatureBytes = 96
const coseSign1Tag = 18
const algorithmLabel = 1

/**
 * Decodes one CBOR item strictly: shortest lengths, no key twice, nothing after it. Throws for anything else. Indefinite lengths are for
 * payloads: AWS's hypervisors write the map of a document with one or with the other kind.
 */
export function decodeStrictly(bytes: Uint8Array, allowIndefinite = false): unknown {
  return decode(bytes, {
    strict: true,
    allowIndefinite,
    allowUndefined: false,
    allowNaN: false,
    allowInfinity: false,
    useMaps: true,
    rejectDuplicateMapKeys: true,
    tags: { [coseSign1Tag]: content => content() },
  })
}

/** Reads a COSE_Sign1 message, tagged or not, that says it is signed with ES384; `undefined` for anything else. */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 | undefined {
  if (bytes.length > maxMessageBytes) return undefined
  try {
    const message = decodeStrictly(bytes)
    if (!Array.isArray(message) || message.length !== 4) return undefined
    const [header, unprotected, payload, signature] = message as readonly unknown[]
    if (!(header instanceof Uint8Array) || !(payload instanceof Uint8Array) || !(signature instanceof Uint8Array))
      return undefined
    // Only what is signed counts: an algorithm named in the unprotected header would be anybody's.
    if (!(unprotected instanceof Map) || unprotected.size !== 0) return undefined
    if (!isEs384(decodeStrictly(header)) || signature.length !== es384SignatureBytes) return undefined
    if (payload.length === 0 || payload.length > maxPayloadBytes) return undefined
    return {
      protectedHeader: Buffer.from(header),
      payload: Buffer.from(payload),
      signature: Buffer.from(signature),
    }
  } catch {
    return undefined
  }
}

/** Whether the message is signed by that P-384 key: the signature is over the Sig_structure of RFC 9052 section 4.4. */
export function isSignedBy({ protectedHeader, payload, signature }: CoseSign1, key: KeyObject): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'secp384r1') return false
  const signed = encode(['Signature1', protectedHeader, new Uint8Array(), payload])
  return verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function isEs384(header: unknown): boolean {
  return header instanceof Map && header.size === 1 && header.get(algorithmLabel) === es384
}
