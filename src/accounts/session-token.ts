import { createHmac, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { AuthenticationFailure, SecretBytes } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import { openMessage, sealMessage } from '../crypto/index.ts'
import type { KeyRing } from '../seal/index.ts'
import type { SessionClaims } from './session-claims.ts'

const label = 'postern session 2'
const noData = Buffer.alloc(0)

/** How long packed claims may be: the token of the longest ones, in a header, leaves room for the other headers of a request. */
export const packedClaimsLimit = 6_144
// Sealing adds a nonce, a tag and a commitment; base 64 a third.
const maxTokenLength = Math.ceil(((packedClaimsLimit + 256) * 4) / 3)
// A token is opened only after it was found to be ours, so this is only a bound against our own faults.
const longestClaims = 262_144

/** Claims as a token carries them. Session policies and tags repeat themselves: they shrink to a half or less. */
export function packClaims(claims: object): Buffer {
  return deflateRawSync(Buffer.from(JSON.stringify(claims)))
}

/**
 * Issues and opens the session tokens of an installation. A token is sealed, so that it needs no record and tells its holder nothing.
 */
export class SessionTokens {
  readonly #tokenKey: KeyObject
  readonly #secretKey: KeyObject
  readonly #random: Random

  constructor(keyRing: KeyRing, random: Random) {
    this.#tokenKey = keyObjectOf(keyRing.deriveKey('session token'))
    this.#secretKey = keyObjectOf(keyRing.deriveKey('session secret'))
    this.#random = random
  }

  seal(claims: SessionClaims): string {
    const bytes = sealMessage(this.#tokenKey, label, packClaims(claims), noData, this.#random)
    return `P2${bytes.toString('base64')}`
  }

  /**
   * Opens a token that came with an access key id, or by itself. Its time is not checked here.
   *
   * @throws {AuthenticationFailure} for every token that is not whole, ours and of that access key.
   */
  open(token: string, accessKeyId?: string): SessionClaims {
    const bytes = Buffer.from(token.slice(2), 'base64')
    const isWhole =
      token.length <= maxTokenLength && token.startsWith('P2') && bytes.toString('base64') === token.slice(2)
    const opened = isWhole ? openMessage(this.#tokenKey, label, bytes, noData) : undefined
    const claims = opened === undefined ? undefined : unpackClaims(opened)
    if (claims === undefined || claims.accessKeyId !== (accessKeyId ?? claims.accessKeyId)) throw unknownCredential()
    return claims
  }

  /** The secret access key that belongs to a token: derived, so that the token need not carry it. */
  secretOf(claims: SessionClaims): SecretBytes {
    const text = createHmac('sha256', this.#secretKey).update(JSON.stringify(claims)).digest('base64').slice(0, 40)
    return new SecretBytes(Buffer.from(text))
  }
}

function unpackClaims(packed: Buffer): SessionClaims {
  return JSON.parse(inflateRawSync(packed, { maxOutputLength: longestClaims }).toString('utf8')) as SessionClaims
}

function keyObjectOf(secret: SecretBytes): KeyObject {
  const key = createSecretKey(secret.exposeBytes())
  secret.wipe()
  return key
}

/** One failure for all credentials that we do not know: it does not tell what is wrong with them. */
export function unknownCredential(): AuthenticationFailure {
  return new AuthenticationFailure('unknown-credential', 'The security token included in the request is invalid.')
}
