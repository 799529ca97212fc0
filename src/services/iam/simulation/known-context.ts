import type { Membership } from '../../../accounts/index.ts'
import { parseArn } from '../../../base/index.ts'
import type { ContextValue } from '../../../policy/index.ts'

/** Who is simulated as the caller, as far as that is known. */
export interface SimulatedCaller {
  readonly account: string
  /** Of a user or role; absent where the request names nobody. */
  readonly arn?: string | undefined
  /** `AIDA…` of a user that is there. */
  readonly userId?: string | undefined
  /** Of the account, where that is in an organization. */
  readonly membership?: Membership | undefined
}

/**
 * The condition keys that a simulation has without being given them: those that tell of the caller's name, account and organization,
 * as AWS lists them, and no others. What a request gives comes before them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
export function knownContext({ account, arn, userId, membership }: SimulatedCaller): ReadonlyMap<string, ContextValue> {
  const [kind, ...path] = parseArn(arn ?? '')?.resource.split('/') ?? []
  const type = kind === 'user' ? 'User' : kind === 'role' ? 'AssumedRole' : undefined
  const values = {
    'aws:principalaccount': account,
    'aws:principaltype': type,
    'aws:type': type,
    'aws:username': kind === 'user' ? path.at(-1) : undefined,
    'aws:userid': userId,
    'aws:principalid': userId,
    'aws:principalorgid': membership?.organizationId,
    'aws:principalorgpaths': membership === undefined ? undefined : [membership.path],
    'aws:principalorgmasteraccountid': membership?.managementAccount,
  }
  return new Map<string, ContextValue>(Object.entries(values).filter(([, value]) => value !== undefined))
}
