import type { KeyObject } from 'node:crypto'
import { DerReader, encodeDer, tags } from './der.ts'
import { openPrivateKeyInfo } from './private-key-info.ts'

/** The expanded private key of an ML-DSA or ML-KEM key, as FIPS 203 and 204 encode it; whoever asked wipes it. */
export function exposeExpandedKey(key: KeyObject): Buffer {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  try {
    return Buffer.from(openBoth(pkcs8).expanded)
  } finally {
    pkcs8.fill(0)
  }
}

/**
 * The PKCS#8 of an ML-DSA or ML-KEM key that holds its seed alone, from one that holds seed and expanded key, as OpenSSL writes it: the
 * form that the RFCs recommend and AWS-LC writes (RFC 9881 section 6, RFC 9935 section 6).
 */
export function seedOnlyPkcs8(pkcs8: Buffer): Buffer {
  const { algorithm, seed } = openBoth(pkcs8)
  const choice = encodeDer(tags.context0, seed)
  const privateKey = encodeDer(tags.octetString, choice)
  try {
    const version = Buffer.of(tags.integer, 1, 0)
    return encodeDer(tags.sequence, version, encodeDer(tags.sequence, algorithm), privateKey)
  } finally {
    choice.fill(0)
    privateKey.fill(0)
  }
}

interface BothForms {
  readonly algorithm: Buffer
  readonly seed: Buffer
  readonly expanded: Buffer
}

/** Views, not copies. */
function openBoth(pkcs8: Buffer): BothForms {
  const info = openPrivateKeyInfo(pkcs8)
  const both = info && new DerReader(info.privateKey).open(tags.sequence)
  const seed = both?.read(tags.octetString)
  const expanded = both?.read(tags.octetString)
  if (info === undefined || seed === undefined || expanded === undefined) {
    throw new TypeError('Not a private key made of a seed')
  }
  return { algorithm: info.algorithm, seed, expanded }
}
