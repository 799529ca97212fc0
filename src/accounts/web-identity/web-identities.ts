import { errors, jwtVerify } from 'jose'
import { secondMillis, systemStopwatch } from '../../base/index.ts'
import type { Clock, Instant, JsonObject, Stopwatch } from '../../base/index.ts'
import { recordCache } from '../../storage/index.ts'
import type { RecordCache, Store } from '../../storage/index.ts'
import { tokenFacts } from './condition-keys.ts'
import { identityProviderCollection, identityProviderId, keysPlaceOf } from './identity-provider.ts'
import type { IdentityProviderValue } from './identity-provider.ts'
import { FetchedKeys, KeysUnavailable, fixedKeys } from './issuer-keys.ts'
import type { FetchKeys, FindKey, KeysPlace } from './issuer-keys.ts'
import { tokenAlgorithms } from './parse-jwks.ts'
import type { PublicJwks } from './parse-jwks.ts'
import { readToken } from './read-token.ts'
import { requestedSession } from './requested-session.ts'
import type { RequestedSession } from './requested-session.ts'
import {
  malformedClaim,
  missingClaim,
  noProvider,
  noVerificationKey,
  notAToken,
  notYetValid,
  providerUnreachable,
  signatureInvalid,
  tokenExpired,
} from './token-failures.ts'

/** Who a web identity token was issued to, by whom and for whom; all of it verified. */
export interface VerifiedWebIdentity {
  readonly providerArn: string
  /** As in the token: the provider's URL. */
  readonly issuer: string
  readonly subject: string
  /** The client id of the provider that the token is for. */
  readonly audience: string
  /** Condition keys by name, e.g. `token.example.com:sub`; policies compare the names without regard to case. */
  readonly conditionKeys: Readonly<Record<string, string | readonly string[]>>
  /** What the token asks of its session; nobody has permitted it yet. */
  readonly requested: RequestedSession
}

/** What `WebIdentities` needs. */
export interface WebIdentitiesOptions {
  readonly store: Store
  readonly clock: Clock
  /** Times how long keys are kept; default the machine's. */
  readonly stopwatch?: Stopwatch
  readonly fetchKeys: FetchKeys
  /** Tells the operator of keys that cannot be fetched: callers only learn that it is so. */
  readonly report: (message: string) => void
}

interface TrustedProvider {
  readonly provider: IdentityProviderValue
  readonly findKey: FindKey
}

/** How far the clocks of issuers may be from ours, either way, in seconds. */
const toleranceSeconds = 30
const capacity = 1_000

/** Verifies the tokens of the identity providers that an installation's accounts trust. */
export class WebIdentities {
  readonly #clock: Clock
  readonly #stopwatch: Stopwatch
  readonly #fetchKeys: FetchKeys
  readonly #report: (message: string) => void
  // With its keys: a provider that is made anew begins with none.
  readonly #providers: RecordCache<TrustedProvider>

  constructor({ store, clock, stopwatch = systemStopwatch, fetchKeys, report }: WebIdentitiesOptions) {
    this.#clock = clock
    this.#stopwatch = stopwatch
    this.#fetchKeys = fetchKeys
    this.#report = report
    this.#providers = recordCache(store, identityProviderCollection, ({ value }) => this.#trust(value), { capacity })
  }

  /**
   * Verifies a token for an account that trusts its issuer: signature, times, audience and subject. Of the token only its
   * issuer is used before its signature has been verified, and that only to find the provider.
   *
   * @throws {AuthenticationFailure} with AWS's text.
   */
  async verify(account: string, token: string): Promise<VerifiedWebIdentity> {
    const { issuer, claims } = readToken(token)
    const trusted = await this.#providers.get(identityProviderId(account, issuer))
    if (trusted === undefined) throw noProvider(issuer)
    const { provider, findKey } = trusted
    const now = this.#clock.now()
    await verifySigned(token, issuer, findKey, now).catch((error: unknown) => {
      throw failureOf(error, claims, now, issuer)
    })
    requireSoundTimes(claims, now)
    return {
      providerArn: provider.arn,
      issuer,
      ...tokenFacts(claims, provider),
      requested: requestedSession(claims),
    }
  }

  #trust(provider: IdentityProviderValue): TrustedProvider {
    if (provider.keys.kind === 'file') return { provider, findKey: fixedKeys(provider.keys.jwks) }
    const place = keysPlaceOf(provider)!
    return { provider, findKey: new FetchedKeys(() => this.#fetchOrReport(place), this.#stopwatch).find }
  }

  async #fetchOrReport(place: KeysPlace): Promise<PublicJwks> {
    try {
      return await this.#fetchKeys(place)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#report(`The keys of identity provider ${place.issuer} cannot be fetched: ${reason}`)
      throw error
    }
  }
}

async function verifySigned(token: string, issuer: string, findKey: FindKey, now: Instant): Promise<void> {
  await jwtVerify(token, findKey, {
    algorithms: [...tokenAlgorithms],
    issuer,
    currentDate: new Date(now),
    clockTolerance: toleranceSeconds,
    requiredClaims: ['iat', 'exp', 'aud', 'sub'],
  })
}

/** What `jose` found, in AWS's words. Anything unforeseen stays what it is: an error of ours, and no token is accepted. */
function failureOf(error: unknown, claims: JsonObject, now: Instant, issuer: string): unknown {
  const nowSeconds = Math.floor(now / secondMillis)
  if (error instanceof KeysUnavailable) return providerUnreachable(issuer)
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return noVerificationKey()
  if (error instanceof errors.JWSSignatureVerificationFailed) return signatureInvalid()
  if (error instanceof errors.JWTExpired) return tokenExpired(nowSeconds, Math.floor(Number(claims['exp'])))
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return missingClaim(error.claim)
    if (error.claim === 'nbf' && error.reason === 'check_failed')
      return notYetValid('nbf', nowSeconds, Math.ceil(Number(claims['nbf'])))
    return malformedClaim(error.claim)
  }
  return error instanceof errors.JOSEError ? notAToken() : error
}

/** What `jose` does not look at: that the token is not from the future, and that no time is beyond all numbers. */
function requireSoundTimes(claims: JsonObject, now: Instant): void {
  for (const name of ['iat', 'nbf', 'exp']) {
    const value = claims[name] ?? 0
    if (typeof value !== 'number' || !Number.isSafeInteger(Math.ceil(value))) throw malformedClaim(name)
  }
  const [issuedAt, nowSeconds] = [claims['iat'] as number, Math.floor(now / secondMillis)]
  if (issuedAt > nowSeconds + toleranceSeconds) throw notYetValid('iat', nowSeconds, Math.ceil(issuedAt))
}
