import { applyOrganization, organizationMembers, parseOrganization } from '../../accounts/index.ts'
import type { OrganizationMembers } from '../../accounts/index.ts'
import { ConfigError, accountRootArn, seededRandom } from '../../base/index.ts'
import {
  PolicyDocumentError,
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileTrustPolicy,
} from '../../policy/index.ts'
import type { CompiledPolicy, PolicySource } from '../../policy/index.ts'
import type { PolicySources } from '../authorize.ts'
import type { Place } from './place.ts'
import { objectAt, objectOf, textOf } from './place.ts'
import type { GivenGrant } from './question-grants.ts'

/** A policy document as a question file has it: JSON, as the service would take it. */
export type GivenDocument = Readonly<Record<string, unknown>>

/** The policies of a question file. */
export interface GivenPolicies {
  readonly key?: GivenDocument
  readonly trust?: GivenDocument
  readonly identity?: readonly GivenDocument[]
  readonly boundary?: GivenDocument
  readonly session?: readonly GivenDocument[]
  readonly endpoint?: GivenDocument
  /** The grants on the key. */
  readonly grants?: readonly GivenGrant[]
}

/** What of a question file says which documents apply. */
export interface GivenSources {
  readonly policies: GivenPolicies
  readonly closed: readonly string[]
  readonly organization: unknown
}

const standardEndpointPolicy = { Statement: [{ Action: '*', Effect: 'Allow', Principal: '*', Resource: '*' }] }

// AWS's default: the account delegates to its IAM policies.
const standardKeyPolicy = (account: string): GivenDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: accountRootArn(account) }, Action: 'kms:*', Resource: '*' }],
})

/** The key policy, or AWS's default where none is given. @throws {ConfigError} */
export function keyPolicyAt(given: GivenDocument | undefined, account: string, place: Place): CompiledPolicy {
  if (given === undefined)
    return compileKeyPolicy(JSON.stringify(standardKeyPolicy(account)), { name: 'the default key policy' })
  return compileAt(compileKeyPolicy, given, 'key policy', place.member('key'))
}

/** The trust policy of the role that is to be assumed. @throws {ConfigError} */
export function trustPolicyAt(given: GivenDocument | undefined, place: Place): CompiledPolicy {
  if (given === undefined) throw place.fault('needs the member "trust": the policy of the role')
  return compileAt(compileTrustPolicy, given, 'trust policy', place.member('trust'))
}

/** The documents that apply to whoever asks. @throws {ConfigError} */
export function policySources({ policies, closed, organization }: GivenSources, place: Place): PolicySources {
  const at = place.member('policies')
  const list = (name: 'identity' | 'session'): readonly CompiledPolicy[] =>
    (policies[name] ?? []).map((each, index) =>
      identityPolicyAt(each, `${name} policy ${index + 1}`, at.member(name).item(index)),
    )
  const identity = list('identity')
  const boundary =
    policies.boundary === undefined
      ? {}
      : { boundary: identityPolicyAt(policies.boundary, 'permissions boundary', at.member('boundary')) }
  const session = policies.session === undefined ? {} : { session: list('session') }
  const endpoint =
    policies.endpoint === undefined
      ? compileEndpointPolicy(JSON.stringify(standardEndpointPolicy), { name: 'the default endpoint policy' })
      : compileAt(compileEndpointPolicy, policies.endpoint, 'endpoint policy', at.member('endpoint'))
  const members = organization === undefined ? undefined : membersOf(organization, place.member('organization'))
  return {
    policiesOf: async () => ({ identity, ...boundary, ...session }),
    endpointPolicy: async () => endpoint,
    isOpenAccount: async id => !closed.includes(id),
    organizationMembers: async () => members,
  }
}

interface ManagedPolicy {
  readonly arn: string
  readonly document: GivenDocument
}

const managedPolicy = objectOf<ManagedPolicy>({ arn: textOf(/^arn:/, 'an ARN'), document: objectAt }, 'arn', 'document')

/** A document, or `{ arn, document }` for a managed policy, whose ARN refusals name. */
function identityPolicyAt(given: GivenDocument, name: string, place: Place): CompiledPolicy {
  if (given['document'] === undefined) return compileAt(compileIdentityPolicy, given, name, place)
  const { arn, document } = managedPolicy(given, place)
  return compileAt((text, source) => compileIdentityPolicy(text, { ...source, arn }), document, name, place)
}

function compileAt(
  compile: (text: string, source: PolicySource) => CompiledPolicy,
  document: GivenDocument,
  name: string,
  place: Place,
): CompiledPolicy {
  try {
    return compile(JSON.stringify(document), { name })
  } catch (cause) {
    if (!(cause instanceof PolicyDocumentError)) throw cause
    throw place.fault(`is refused: ${cause.message}`, { cause })
  }
}

// Ids that the file does not give are the same each time, so that a question has one answer.
const organizationSeed = 20_261_124

function membersOf(organization: unknown, place: Place): OrganizationMembers {
  const { documents = {}, ...description } = objectAt(organization, place)
  const texts = new Map(
    Object.entries(objectAt(documents, place.member('documents'))).map(([name, each]) => [name, JSON.stringify(each)]),
  )
  try {
    const plan = parseOrganization(description, {
      documents: { service: texts, resource: texts },
      hasAccount: () => true,
    })
    return organizationMembers(applyOrganization(plan, undefined, seededRandom(organizationSeed)).organization)
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    throw place.fault(`cannot be used: ${cause.message}`, { cause })
  }
}
