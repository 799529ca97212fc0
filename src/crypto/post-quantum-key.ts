import type { KeyObject } from 'node:crypto'
import { DerReader, encodeDer, tags } from './der.ts'

/** The private key of ML-DSA or ML-KEM in its two forms; whoever asked wipes both. */
export interface PostQuantumKey {
  readonly seed: Buffer
  readonly expanded: Buffer
}

/** Takes seed and expanded key out of a key object (RFC 9881 section 6, RFC 9935 section 6: the form of both). */
export function exposePostQuantumKey(key: KeyObject): PostQuantumKey {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  try {
    const fields = openPrivateKeyInfo(pkcs8)
    const both = fields?.privateKey.open(tags.sequence)
    const seed = both?.read(tags.octetString)
    const expanded = both?.read(tags.octetString)
    if (seed === undefined || expanded === undefined) throw new TypeError('Not a private key made of a seed')
    return { seed: Buffer.from(seed), expanded: Buffer.from(expanded) }
  } finally {
    pkcs8.fill(0)
  }
}

/**
 * The PKCS#8 of an ML-DSA or ML-KEM key that holds its seed alone, from one that holds both: the form that the RFCs recommend and
 * AWS-LC writes.
 */
export function seedOnlyPkcs8(pkcs8: Buffer): Buffer {
  const fields = openPrivateKeyInfo(pkcs8)
  const seed = fields?.privateKey.open(tags.sequence)?.read(tags.octetString)
  if (fields === undefined || seed === undefined) throw new TypeError('Not a private key made of a seed')
  const version = Buffer.from([tags.integer, 1, 0])
  const algorithm = encodeDer(tags.sequence, fields.algorithm)
  return encodeDer(tags.sequence, version, algorithm, encodeDer(tags.octetString, encodeDer(tags.context0, seed)))
}

function openPrivateKeyInfo(pkcs8: Buffer): { readonly algorithm: Buffer; readonly privateKey: DerReader } | undefined {
  const fields = new DerReader(pkcs8).open(tags.sequence)
  fields?.readUnsigned()
  const algorithm = fields?.read(tags.sequence)
  const privateKey = fields?.open(tags.octetString)
  return algorithm === undefined || privateKey === undefined ? undefined : { algorithm, privateKey }
}
