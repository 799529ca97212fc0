import { checkPrimeSync, createPrivateKey } from 'node:crypto'
import { DerReader, tags } from './der.ts'
import type { RsaSpec } from './key-specs.ts'
import { openPrivateKeyInfo } from './private-key-info.ts'

/** A private key of RSA, as PKCS#8, that somebody made elsewhere. */
export interface ImportedRsaKey {
  readonly keySpec: RsaSpec
  readonly pkcs8: Uint8Array
}

interface RsaNumbers {
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qi: bigint
}

/** The object identifier and its parameters, which are NULL (RFC 8017 appendix A.1). */
const rsaEncryption = Buffer.from('06092a864886f70d0101010500', 'hex')

const moduli: Readonly<Record<RsaSpec, number>> = { RSA_2048: 2_048, RSA_3072: 3_072, RSA_4096: 4_096 }

/** FIPS 186-5 section A.1.1 asks for more than 2^16; the upper bound keeps Verify cheap. */
const exponents = { least: 65_537n, most: 0xffff_ffffn }
/** FIPS 186-5 section A.1.1 criterion 2.d: closer primes are found by Fermat's method. */
const closenessBits = 100n

/**
 * Checks an RSA key as OpenSSL does not: two primes of half the modulus' length each and far apart, whose product is the modulus, and all
 * numbers fit each other. A wrong CRT value would give signatures that reveal the primes (Boneh, DeMillo, Lipton 1997). Gives the key as
 * OpenSSL writes it, or `undefined`. Blocks for some tenths of a second; its numbers can't be wiped.
 */
export function checkRsaKey({ keySpec, pkcs8 }: ImportedRsaKey): Uint8Array | undefined {
  const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
  try {
    const numbers = parseNumbers(der)
    if (numbers === undefined || !areSound(numbers, BigInt(moduli[keySpec]))) return undefined
    if (!checkPrimeSync(numbers.p) || !checkPrimeSync(numbers.q)) return undefined
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  } finally {
    der.fill(0)
  }
}

function parseNumbers(der: Buffer): RsaNumbers | undefined {
  const info = openPrivateKeyInfo(der)
  if (info?.algorithm.equals(rsaEncryption) !== true) return undefined
  const outer = new DerReader(info.privateKey)
  const fields = outer.open(tags.sequence)
  // Version 0 is the one of two primes.
  if (fields?.readUnsigned()?.length !== 0) return undefined
  const [n, e, d, p, q, dp, dq, qi] = Array.from({ length: 8 }, () => toNumber(fields.readUnsigned()))
  if (!fields.isAtEnd || !outer.isAtEnd) return undefined
  return n && e && d && p && q && dp && dq && qi ? { n, e, d, p, q, dp, dq, qi } : undefined
}

function areSound({ n, e, d, p, q, dp, dq, qi }: RsaNumbers, bits: bigint): boolean {
  const half = bits / 2n
  const distance = p > q ? p - q : q - p
  return (
    bitsOf(n) === bits &&
    bitsOf(p) === half &&
    bitsOf(q) === half &&
    p * q === n &&
    distance >> (half - closenessBits) > 0n &&
    e % 2n === 1n &&
    e >= exponents.least &&
    e <= exponents.most &&
    // A short exponent is found by Wiener's method.
    bitsOf(d) > half &&
    d < n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    qi < p &&
    (qi * q) % p === 1n
  )
}

function toNumber(magnitude: Buffer | undefined): bigint | undefined {
  return magnitude === undefined || magnitude.length === 0 ? undefined : BigInt(`0x${magnitude.toString('hex')}`)
}

function bitsOf(value: bigint): bigint {
  return BigInt(value.toString(2).length)
}
