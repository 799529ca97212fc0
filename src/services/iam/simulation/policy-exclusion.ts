import { parseArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { invalidInput } from './invalid-input.ts'

/** A policy that a principal has or is limited by, as an exclusion looks at it. */
export type HeldPolicy =
  | { readonly kind: 'inline'; readonly name: string; readonly holder: string; readonly holderName: string }
  | { readonly kind: 'managed'; readonly arn: string }
  | { readonly kind: 'boundary'; readonly arn: string }
  /** A service control policy of its account. */
  | { readonly kind: 'scp'; readonly arn: string }

/** Whether a policy is left out of a simulation. */
export type IsExcluded = (policy: HeldPolicy) => boolean

/**
 * Reads which policies a simulation leaves out. An identifier that fits no policy is no error.
 *
 * @throws {ServiceError} InvalidInput for an identifier that says nothing, or several things, or is malformed.
 */
export function readExclusions(identifiers: readonly iam.PolicyIdentifier[] = []): IsExcluded {
  const exclusions = identifiers.map(readExclusion)
  return policy => exclusions.some(excludes => excludes(policy))
}

function readExclusion({
  PolicyType: type,
  PolicyArn: arn,
  InlinePolicyIdentifier: inline,
}: iam.PolicyIdentifier): IsExcluded {
  const given = [type, arn, inline].filter(member => member !== undefined)
  if (given.length !== 1)
    throw invalidInput(
      'Invalid Policy Identifier: it must have one of PolicyType, PolicyArn and InlinePolicyIdentifier.',
    )
  if (type !== undefined) return policy => isOfType(policy, type)
  if (arn !== undefined) return byArn(arn)
  return byInline(inline!)
}

function isOfType(policy: HeldPolicy, type: string): boolean {
  switch (type) {
    case 'inline':
      return policy.kind === 'inline'
    case 'permission-boundary':
      return policy.kind === 'boundary'
    case 'scp':
      return policy.kind === 'scp'
    case 'aws-managed':
      return policy.kind === 'managed' && isOfAws(policy.arn)
    case 'user-managed':
      return policy.kind === 'managed' && !isOfAws(policy.arn)
    default:
      return false
  }
}

const isOfAws = (arn: string): boolean => parseArn(arn)?.account === 'aws'

// Wildcards are for the name alone: they reach over paths, and over nothing else of an ARN.
function byArn(wanted: string): IsExcluded {
  const { service, account, resource = '' } = parseArn(wanted) ?? {}
  const isPolicy = service === 'iam' || service === 'organizations'
  if (!isPolicy || /[*?]/.test(wanted.slice(0, wanted.length - resource.length)))
    throw invalidInput(`Invalid Policy Identifier: ARN ${wanted} is not valid.`)
  const matches = namePattern(resource)
  return policy => {
    if (policy.kind === 'inline') return false
    const held = parseArn(policy.arn)!
    return held.service === service && held.account === account && matches(held.resource)
  }
}

function byInline(wanted: iam.InlinePolicyIdentifierType): IsExcluded {
  const matches = namePattern(wanted.AttachmentName)
  return policy =>
    policy.kind === 'inline' &&
    policy.name === wanted.PolicyName &&
    policy.holder === wanted.AttachmentType &&
    matches(policy.holderName)
}

/** At most one `*`, and any number of `?`. */
function namePattern(pattern: string): (text: string) => boolean {
  const [before = '', after, ...more] = pattern.split('*')
  if (more.length > 0) throw invalidInput(`Invalid Policy Identifier: ${pattern} has more than one "*".`)
  if (after === undefined) return text => isLike(text, before)
  return text =>
    text.length >= before.length + after.length &&
    isLike(text.slice(0, before.length), before) &&
    isLike(text.slice(text.length - after.length), after)
}

function isLike(text: string, pattern: string): boolean {
  return text.length === pattern.length && pattern.split('').every((char, at) => char === '?' || char === text[at])
}
