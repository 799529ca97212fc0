import { AuthenticationFailure } from '../../base/index.ts'

const invalid = (message: string): AuthenticationFailure => new AuthenticationFailure('invalid-identity-token', message)

/** What cannot be a token: no JWT, of another type, or not signed as a token must be. */
export function notAToken(): AuthenticationFailure {
  return invalid('The ID Token provided is not a valid JWT.')
}

/** A token that its issuer's key has not signed, or that was altered since. */
export function signatureInvalid(): AuthenticationFailure {
  return invalid('Token signature invalid')
}

/** A token whose issuer is none that could be trusted. */
export function issuerNoUrl(): AuthenticationFailure {
  return invalid('Issuer must be a valid URL')
}

/** A token with a claim that is not as it should be. */
export function malformedClaim(claim: string): AuthenticationFailure {
  return invalid(`The claim ${claim} is malformed`)
}

/** A token of an issuer that the account does not trust. */
export function noProvider(issuer: string): AuthenticationFailure {
  return invalid(`No OpenIDConnect provider found in your account for ${issuer}`)
}

/** A token whose key is not among its issuer's. The two spaces are AWS's. */
export function noVerificationKey(): AuthenticationFailure {
  return invalid(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
}

/** A token for somebody else. */
export function incorrectAudience(): AuthenticationFailure {
  return invalid('Incorrect token audience')
}

/** A token that lacks a claim, or has nothing usable in it. */
export function missingClaim(claim: string): AuthenticationFailure {
  return invalid(`Missing a required claim: ${claim}`)
}

/** A token from the future. Both times are seconds since 1970, as everywhere in tokens. */
export function notYetValid(claim: 'nbf' | 'iat', nowSeconds: number, seconds: number): AuthenticationFailure {
  const what = claim === 'nbf' ? 'not-before' : 'issued-at'
  return invalid(
    `Token not yet valid: current date/time ${nowSeconds} must not be before the ${what} date/time ${seconds}`,
  )
}

/** A token past its time. */
export function tokenExpired(nowSeconds: number, expiresAtSeconds: number): AuthenticationFailure {
  return new AuthenticationFailure(
    'expired-identity-token',
    `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${expiresAtSeconds}`,
  )
}

/** The issuer's keys cannot be fetched; why is in the server's log. AWS's clients try again. */
export function providerUnreachable(issuer: string): AuthenticationFailure {
  return new AuthenticationFailure(
    'unreachable-identity-provider',
    `The identity provider ${issuer} could not be reached to verify the token`,
  )
}
