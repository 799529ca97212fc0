import { JsonSyntaxError, parseStrictJson } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { tokenAlgorithms } from './parse-jwks.ts'
import { issuerNoUrl, missingClaim, notAToken } from './token-failures.ts'

/** What a token says, before anything of it is believed. */
export interface TokenReading {
  readonly issuer: string
  readonly claims: JsonObject
}

/** Longest token, in characters: AWS's limit. */
const longestToken = 20_000
const longestIssuer = 255

/**
 * Reads a token as strictly as it can be read: compact form, one spelling of its base64, no name twice, an algorithm that is
 * allowed, nothing critical that we do not know, and no type but "JWT". It is not verified here.
 *
 * @throws {AuthenticationFailure}
 */
export function readToken(token: string): TokenReading {
  if (token.length > longestToken) throw notAToken()
  const [header, claims, signature, ...more] = token.split('.')
  // The last character of base64 has bits that no decoder looks at: each part must be as an encoder writes it.
  if (signature === undefined || more.length > 0 || !isCanonical(signature)) throw notAToken()
  requireHeader(parsePart(header!))
  const read = parsePart(claims!)
  return { issuer: issuerOf(read), claims: read }
}

function issuerOf({ iss: issuer }: JsonObject): string {
  if (issuer === undefined) throw missingClaim('iss')
  // It stands in messages, and is looked for in the store.
  if (typeof issuer !== 'string' || issuer.length > longestIssuer || !/^[\x21-\x7e]+$/.test(issuer)) throw issuerNoUrl()
  if (!URL.canParse(issuer)) throw issuerNoUrl()
  return issuer
}

function requireHeader(header: JsonObject): void {
  const { alg, typ, kid, crit } = header
  const isOurs =
    typeof alg === 'string' &&
    tokenAlgorithms.includes(alg) &&
    crit === undefined &&
    (kid === undefined || typeof kid === 'string') &&
    // Else an access token ("at+jwt"), a logout token and others of the same issuer would do (RFC 8725, section 3.11).
    (typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ)))
  if (!isOurs) throw notAToken()
}

function parsePart(part: string): JsonObject {
  if (!isCanonical(part)) throw notAToken()
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'))
    const value = parseStrictJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch (error) {
    if (!(error instanceof JsonSyntaxError || error instanceof TypeError)) throw error
  }
  throw notAToken()
}

const isCanonical = (part: string): boolean =>
  part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part
