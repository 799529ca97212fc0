import type { Random } from './random.ts'

const hex17 = (random: Random): string => random(9).toString('hex').slice(0, 17)

/** An EC2-style id: the prefix, a dash and seventeen hexadecimal digits, e.g. `vpce-0a1b2c3d4e5f60718`. */
export function newResourceId(prefix: string, random: Random): string {
  return `${prefix}-${hex17(random)}`
}

/** A random (version 4) UUID, as in request ids, event ids and single-Region key ids. */
export function newUuid(random: Random): string {
  const bytes = random(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Letters and digits of the base 32 alphabet, five bits of randomness each. */
export function newBase32(length: number, random: Random): string {
  let text = ''
  for (const byte of random(length)) text += base32Alphabet[byte & 31]
  return text
}

/** IAM unique id: `AIDA…` user, `AROA…` role, `AGPA…` group, `ANPA…` policy; 21 characters, as AWS's have. */
export function newUniqueId(prefix: 'AIDA' | 'AROA' | 'AGPA' | 'ANPA', random: Random): string {
  return prefix + newBase32(17, random)
}

/** Source of a regular expression for the unique id of a user or role. */
export const uniqueIdPattern = 'A(?:IDA|ROA)[A-Z2-7]{17}'

/**
 * Access key id: `AKIA…` lasting, `ASIA…` temporary. It names its account as AWS's do: of the 80 bits behind the prefix, the second to
 * the forty-first are the account id; the others are random.
 */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA', account: string, random: Random): string {
  const bits = (1n << 79n) | (BigInt(account) << 39n) | (BigInt(`0x${random(5).toString('hex')}`) & ((1n << 39n) - 1n))
  let text = ''
  for (let shift = 75n; shift >= 0n; shift -= 5n) text += base32Alphabet[Number((bits >> shift) & 31n)]
  return prefix + text
}

/** The account that an access key id names, or `undefined` where the text is none. */
export function accountOfAccessKeyId(accessKeyId: string): string | undefined {
  if (!/^A[KS]IA[A-Z2-7]{16}$/.test(accessKeyId)) return undefined
  let bits = 0n
  for (const letter of accessKeyId.slice(4)) bits = (bits << 5n) | BigInt(base32Alphabet.indexOf(letter))
  const account = String((bits >> 39n) & ((1n << 40n) - 1n))
  return account.length > 12 ? undefined : account.padStart(12, '0')
}
