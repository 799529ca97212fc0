/**
 * Why a request establishes no identity. Each protocol has its own code for a kind (`wire` knows them); the message is the
 * same everywhere and AWS's.
 */
export class AuthenticationFailure extends Error {
  override readonly name = 'AuthenticationFailure'
  readonly kind: AuthenticationFailureKind

  constructor(kind: AuthenticationFailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** What was wrong, told apart only as far as a stranger may know. */
export type AuthenticationFailureKind = SignatureFailureKind | IdentityTokenFailureKind

/** What was wrong with a signed request. */
export type SignatureFailureKind =
  /** No Authorization header at all. */
  | 'missing'
  /** An Authorization header that can't be read, or lacks a part, or does not sign what must be signed. */
  | 'incomplete'
  /** Access key or session token that we do not know, inactive, altered or of another key. One kind: no oracle. */
  | 'unknown-credential'
  /** The signature is not that of this request; the scope's Region or service is not ours; a payload hash that lies. */
  | 'mismatch'
  /** Signed too long ago, or in the future. */
  | 'expired-signature'
  /** A session token past its time. */
  | 'expired-token'

/** What was wrong with a web identity token. */
export type IdentityTokenFailureKind =
  /** No token of an issuer that the account trusts, altered, or not for the account. */
  | 'invalid-identity-token'
  /** A token past its time. */
  | 'expired-identity-token'
  /** The issuer's keys cannot be fetched: the same token may be good a moment later. */
  | 'unreachable-identity-provider'
