import { packClaims, packedClaimsLimit } from '../../accounts/index.ts'
import type { Accounts, SessionHolder } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { SessionLimits } from '../../base/index.ts'
import { PolicyDocumentError, compileIdentityPolicy } from '../../policy/index.ts'
import type { sts } from '../../wire/index.ts'

/** What a request says of what the session is limited to. */
export interface LimitsInput {
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly sts.PolicyDescriptorType[] | undefined
}

const longestPolicy = 2_048
const mostPolicyArns = 10
// Session policies and tags, packed: as much as a token in a header can carry beside the rest.
const packedLimit = 4_096

/**
 * The session policies of a request, checked; `undefined` where it has none.
 *
 * @throws {ServiceError} MalformedPolicyDocument, ValidationError
 */
export async function sessionLimits(
  { Policy: document, PolicyArns: listed = [] }: LimitsInput,
  account: string,
  accounts: Accounts,
): Promise<SessionLimits | undefined> {
  if (document === undefined && listed.length === 0) return undefined
  if (document !== undefined) requireSessionPolicy(document)
  if (listed.length > mostPolicyArns) throw validation(`Cannot have more than ${mostPolicyArns} session policy ARNs`)
  const policyArns = listed.map(({ arn = '' }) => arn)
  if (new Set(policyArns).size < policyArns.length) throw validation('Duplicate session policy ARNs')
  const found = await Promise.all(policyArns.map(arn => accounts.identities.findPolicy(account, arn)))
  const missing = policyArns[found.indexOf(undefined)]
  if (missing !== undefined) throw validation(`Policy ${missing} does not exist or is not attachable.`)
  return { documents: document === undefined ? [] : [document], policyArns }
}

/** How much of the space for session policies and tags is used, in percent. @throws {ServiceError} PackedPolicyTooLarge */
export function packedPercentage(limits: SessionLimits | undefined, tags: Readonly<Record<string, string>>): number {
  const percent = percentOf(packClaims({ limits, tags }))
  if (percent > 100) throw tooLarge(percent)
  return percent
}

// The id and the times of a session, which it gets when it is issued.
const issuedLength = 128

/**
 * Checks that a token can carry all that a session is to have: what a web identity's token says has no limit of its own.
 *
 * @throws {ServiceError} PackedPolicyTooLarge
 */
export function requireRoom(session: SessionHolder): void {
  const packed = packClaims(session)
  if (packed.length > packedClaimsLimit - issuedLength) throw tooLarge(percentOf(packed))
}

const percentOf = ({ length }: Buffer): number => Math.ceil((100 * length) / packedLimit)

const tooLarge = (percent: number): ServiceError =>
  new ServiceError(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )

function requireSessionPolicy(document: string): void {
  if (document.length > longestPolicy) {
    throw validation(
      `1 validation error detected: Value '${document}' at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${longestPolicy}`,
    )
  }
  try {
    compileIdentityPolicy(document, { name: 'session policy of the request' })
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const text =
      error.reason.kind === 'syntax' ? 'The policy is not in the valid JSON format.' : 'Syntax errors in policy.'
    throw new ServiceError('MalformedPolicyDocument', text)
  }
}

const validation = (message: string): ServiceError => new ServiceError('ValidationError', message)
