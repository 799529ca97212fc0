import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { JsonSyntaxError, parseStrictJson } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'

/** A public key that can verify tokens: of its JWK only what is needed for that. */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly kid?: string
  readonly alg?: string
  readonly crv?: string
  readonly n?: string
  readonly e?: string
  readonly x?: string
  readonly y?: string
}

/** The keys of an issuer (RFC 7517, section 5). */
export interface PublicJwks {
  readonly keys: readonly PublicJwk[]
}

/** A document that is no usable set of public keys; the message says why. */
export class JwksError extends Error {
  override readonly name = 'JwksError'
}

/** What tokens may be signed with: public-key signatures only, so that no key of a set can be taken for a shared secret. */
export const tokenAlgorithms: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]

// AWS takes a hundred RSA and a hundred EC keys.
const mostKeys = 200
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const materialMembers: Readonly<Record<PublicJwk['kty'], readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}
const curves = new Set(['P-256', 'P-384', 'P-521', 'Ed25519'])

/**
 * Reads a JWK set. A set that holds anything secret is refused as a whole: who made it has given that secret away, or is
 * about to. Keys for other uses and of other kinds are left out.
 *
 * @throws {JwksError}
 */
export function parseJwks(text: string): PublicJwks {
  const document = parseJson(text)
  const given = isObject(document) ? document['keys'] : undefined
  if (!Array.isArray(given)) throw new JwksError('it is no JWK set: an object with "keys"')
  if (given.length > mostKeys) throw new JwksError(`it has more than ${mostKeys} keys`)
  const keys = (given as readonly unknown[]).map(publicPart).filter(key => key !== undefined)
  if (keys.length === 0) throw new JwksError('it has no RSA, EC or Ed25519 key that verifies signatures')
  return { keys }
}

function parseJson(text: string): unknown {
  try {
    return parseStrictJson(text, { maxDepth: 16 })
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new JwksError(`it is not JSON: ${cause.message}, at line ${cause.line}, column ${cause.column}`, { cause })
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function publicPart(jwk: unknown): PublicJwk | undefined {
  if (!isObject(jwk)) throw new JwksError('one of its keys is no object')
  if (jwk['kty'] === 'oct' || secretMembers.some(name => name in jwk))
    throw new JwksError('it holds a private or symmetric key, and may only have public ones')
  if (!isForVerifying(jwk)) return undefined
  const { kty, kid, alg } = jwk
  const material = materialMembers[kty].map(name => [name, jwk[name]] as const)
  const key: PublicJwk = {
    kty,
    ...(typeof kid === 'string' ? { kid } : {}),
    ...(typeof alg === 'string' ? { alg } : {}),
    ...(Object.fromEntries(material) as object),
  }
  return isSound(key) ? key : undefined
}

function isForVerifying(jwk: JsonObject): jwk is JsonObject & { readonly kty: PublicJwk['kty'] } {
  const { kty, kid, alg, use, key_ops: operations } = jwk
  return (
    typeof kty === 'string' &&
    Object.hasOwn(materialMembers, kty) &&
    (kid === undefined || typeof kid === 'string') &&
    (alg === undefined || (typeof alg === 'string' && tokenAlgorithms.includes(alg))) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  )
}

/** Whether the key can be loaded and is strong enough. An RSA exponent of 1 would make every message its own signature. */
function isSound(jwk: PublicJwk): boolean {
  const members = materialMembers[jwk.kty].map(name => jwk[name as keyof PublicJwk])
  if (!members.every(member => typeof member === 'string' && /^[\w-]+$/.test(member))) return false
  if (jwk.kty !== 'RSA' && !curves.has(jwk.crv!)) return false
  const key = loadKey(jwk)
  if (key === undefined) return false
  if (jwk.kty !== 'RSA') return true
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  // The upper bounds keep one verification cheap.
  const isGoodExponent = publicExponent >= 3n && publicExponent % 2n === 1n && publicExponent < 2n ** 32n
  return modulusLength >= 2_048 && modulusLength <= 8_192 && isGoodExponent
}

function loadKey(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: { ...jwk } })
  } catch {
    // Points that are not on their curve, and the like: a key that is none.
    return undefined
  }
}
