import { createHmac, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AuthenticationFailure, SecretBytes } from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import { openMessage, sealMessage } from '../crypto/index.ts'
import type { KeyRing } from '../seal/index.ts'

/** What a session token says; sealed, so that it needs no record and tells its holder nothing. */
export type SessionClaims = RoleSessionClaims | RootSessionClaims

interface SessionClaimsBase {
  readonly accessKeyId: string
  readonly account: string
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

/** A session of a role. */
export interface RoleSessionClaims extends SessionClaimsBase {
  readonly kind: 'role'
  readonly roleName: string
  readonly roleId: string
  readonly sessionName: string
}

/** A session of an account's root user. */
export interface RootSessionClaims extends SessionClaimsBase {
  readonly kind: 'root'
}

const label = 'postern session 1'
const noData = Buffer.alloc(0)
const maxTokenLength = 4_096

/** Issues and opens the session tokens of an installation. */
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
    const bytes = sealMessage(this.#tokenKey, label, Buffer.from(JSON.stringify(claims)), noData, this.#random)
    return `P1${bytes.toString('base64')}`
  }

  /**
   * Opens a token that came with an access key id. Its time is not checked here.
   *
   * @throws {AuthenticationFailure} for every token that is not whole, ours and of that access key.
   */
  open(token: string, accessKeyId: string): SessionClaims {
    const bytes = Buffer.from(token.slice(2), 'base64')
    const isWhole =
      token.length <= maxTokenLength && token.startsWith('P1') && bytes.toString('base64') === token.slice(2)
    const opened = isWhole ? openMessage(this.#tokenKey, label, bytes, noData) : undefined
    const claims = opened === undefined ? undefined : (JSON.parse(opened.toString('utf8')) as SessionClaims)
    if (claims === undefined || claims.accessKeyId !== accessKeyId) throw unknownCredential()
    return claims
  }

  /** The secret access key that belongs to a token: derived, so that the token need not carry it. */
  secretOf(claims: SessionClaims): SecretBytes {
    const text = createHmac('sha256', this.#secretKey).update(JSON.stringify(claims)).digest('base64').slice(0, 40)
    return new SecretBytes(Buffer.from(text))
  }
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
