import type { JsonObject } from '../../base/index.ts'
import type { IdentityProviderValue } from './identity-provider.ts'
import { issuerName } from './issuer-url.ts'
import { incorrectAudience, malformedClaim, missingClaim } from './token-failures.ts'

/** What a verified token says of who holds it, as trust policies see it. */
export interface TokenFacts {
  readonly subject: string
  /** The client id that the token is for. */
  readonly audience: string
  /** Condition keys by name, e.g. `token.example.com:sub`; policies compare the names without regard to case. */
  readonly conditionKeys: Readonly<Record<string, string | readonly string[]>>
}

/**
 * Takes the facts from the claims of a token whose signature has been verified. The audience is AWS's: the claim `azp` where
 * there is one, else `aud`; it must be a client id of the provider, and it is the key `aud`. The claim `aud` is the key `oaud`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 *
 * @throws {AuthenticationFailure}
 */
export function tokenFacts(claims: JsonObject, provider: IdentityProviderValue): TokenFacts {
  const subject = textClaim(claims, 'sub')
  if (subject === undefined) throw missingClaim('sub')
  const audiences = textsClaim(claims, 'aud')
  if (audiences === undefined) throw missingClaim('aud')
  const authorizedParty = textClaim(claims, 'azp')
  const audience = audienceOf(authorizedParty, audiences, provider.clientIds)
  const methods = textsClaim(claims, 'amr')
  const name = issuerName(provider.issuer)
  return {
    subject,
    audience,
    conditionKeys: {
      [`${name}:sub`]: subject,
      [`${name}:aud`]: audience,
      [`${name}:oaud`]: audiences.length === 1 ? audiences[0]! : audiences,
      ...(authorizedParty === undefined ? {} : { [`${name}:azp`]: authorizedParty }),
      ...(methods === undefined ? {} : { [`${name}:amr`]: methods }),
    },
  }
}

function audienceOf(
  authorizedParty: string | undefined,
  audiences: readonly string[],
  clientIds: readonly string[],
): string {
  const accepted = (authorizedParty === undefined ? audiences : [authorizedParty]).filter(one =>
    clientIds.includes(one),
  )
  const [audience, ...others] = new Set(accepted)
  // For two clients of ours at once: which of them it is for, only `azp` could say.
  if (audience === undefined || others.length > 0) throw incorrectAudience()
  return audience
}

/** A claim that is text where it is there. @throws {AuthenticationFailure} where it is something else. */
function textClaim(claims: JsonObject, name: string): string | undefined {
  const value = claims[name]
  if (value === undefined || isText(value)) return value
  throw malformedClaim(name)
}

/** A claim that is a text or several where it is there. @throws {AuthenticationFailure} where it is something else. */
function textsClaim(claims: JsonObject, name: string): readonly string[] | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0 || !values.every(isText)) throw malformedClaim(name)
  return values
}

/** Text as AWS's shapes have it: they end up in answers, in the trail and in policies, so nothing that controls a terminal. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= 255 && !/\p{C}/u.test(value)
