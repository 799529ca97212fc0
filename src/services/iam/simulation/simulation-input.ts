import type { Membership } from '../../../accounts/index.ts'
import { isAccountId, parseArn } from '../../../base/index.ts'
import {
  PolicyDocumentError,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileServiceControlPolicy,
} from '../../../policy/index.ts'
import type { CompiledPolicy, ControlLevel, PolicySource, PrincipalFacts } from '../../../policy/index.ts'
import type { iam } from '../../../wire/index.ts'
import { readContextEntries } from './context-entries.ts'
import { knownContext } from './known-context.ts'
import type { SimulatedCaller } from './known-context.ts'
import { invalidInput } from './invalid-input.ts'
import type { SimulatedPolicy, SimulatedPolicyType, Simulation } from './simulate.ts'

/** What both operations are asked with. */
export type SimulationInput = Omit<iam.SimulateCustomPolicyRequest, 'PolicyInputList'> & {
  readonly PolicyInputList?: readonly string[] | undefined
}

/** A document of a simulation, not compiled yet. */
export interface SimulationDocument {
  readonly id: string
  readonly text: string
}

/** What a principal brings into a simulation of its own policies. */
export interface SimulatedPrincipal {
  readonly identity: readonly SimulationDocument[]
  readonly boundary?: SimulationDocument
  /** Service control policies of its account, where that is a limited member of an organization. */
  readonly serviceControl?: readonly ControlLevel[]
  /** Stands for the caller where the request names none. */
  readonly arn: string
  /** `AIDA…`, of a user. */
  readonly userId?: string
}

/** The account that asks. */
export interface SimulationPlace {
  readonly account: string
  /** What the account is in its organization, if it is in one. */
  readonly membership?: Membership | undefined
}

/**
 * Compiles all that a request simulates.
 *
 * @throws {ServiceError} InvalidInput for documents, ARNs and context keys that are none.
 */
export function readSimulation(
  input: SimulationInput,
  place: SimulationPlace,
  principal?: SimulatedPrincipal,
): Simulation {
  if (input.ResourceHandlingOption !== undefined)
    throw invalidInput(
      `ResourceHandlingOption ${input.ResourceHandlingOption} is not supported: it is about instances.`,
    )
  const caller = readCaller(input, principal)
  const given = numbered('PolicyInputList', input.PolicyInputList)
  const boundary = readBoundary(input) ?? principal?.boundary
  const serviceControl = input.OrderedOrganizationPolicyInputList?.map(readLevel) ?? principal?.serviceControl
  return {
    caller: caller ?? { kind: 'user', account: place.account, arn: '', issuerArn: '' },
    context: new Map([...knownContext(callerOf(input, place, principal)), ...readContextEntries(input.ContextEntries)]),
    identity: [...(principal?.identity ?? []), ...given].map(document => identityPolicy('IAM Policy', document)),
    ...(boundary === undefined ? {} : { boundary: identityPolicy('Permissions Boundary Policy', boundary) }),
    ...(serviceControl === undefined ? {} : { serviceControl }),
    ...readResourcePolicy(input, caller),
  }
}

function callerOf(
  { CallerArn: given }: SimulationInput,
  { account: own, membership }: SimulationPlace,
  principal: SimulatedPrincipal | undefined,
): SimulatedCaller {
  const arn = given ?? principal?.arn
  const account = parseArn(arn ?? '')?.account ?? own
  return {
    account,
    arn,
    userId: arn === principal?.arn ? principal?.userId : undefined,
    // Of other accounts nothing is told.
    membership: account === own ? membership : undefined,
  }
}

/** The resources of a request; `*` where it names none. @throws {ServiceError} InvalidInput */
export function readResources({ ResourceArns: arns = [] }: SimulationInput): readonly string[] {
  if (arns.length > mostResources) throw invalidInput(`Cannot simulate more than ${mostResources} resources.`)
  const wrong = arns.find(arn => arn !== '*' && parseArn(arn) === undefined)
  if (wrong !== undefined) throw invalidInput(`ARN ${wrong} is not valid.`)
  return arns.length === 0 ? ['*'] : arns
}

const mostResources = 1_000

/** The actions of a request. @throws {ServiceError} InvalidInput for patterns, and for what names no service. */
export function readActions({ ActionNames: actions }: SimulationInput): readonly string[] {
  const wrong = actions.find(action => !/^[\w-]+:\w+$/.test(action))
  if (wrong !== undefined)
    throw invalidInput(`Invalid Input Actions: "${wrong}" require different authorization information.`)
  return actions
}

function numbered(name: string, documents: readonly string[] = []): readonly SimulationDocument[] {
  return documents.map((text, index) => ({ id: `${name}.${index + 1}`, text }))
}

function readBoundary({ PermissionsBoundaryPolicyInputList: given }: SimulationInput): SimulationDocument | undefined {
  const documents = numbered('PermissionsBoundaryPolicyInputList', given)
  if (documents.length > 1) throw invalidInput('Only one permissions boundary policy can be simulated.')
  return documents[0]
}

function readLevel(
  { ServiceControlPolicyInputList: documents }: iam.OrderedOrganizationPolicyType,
  index: number,
): ControlLevel {
  const name = `OrderedOrganizationPolicyInputList.${index + 1}`
  const given = numbered(`${name}.ServiceControlPolicyInputList`, documents)
  return { name, policies: given.map(document => compile(document, compileServiceControlPolicy)) }
}

function identityPolicy(type: SimulatedPolicyType, document: SimulationDocument): SimulatedPolicy {
  return { id: document.id, type, compiled: compile(document, compileIdentityPolicy) }
}

function compile(
  { id, text }: SimulationDocument,
  compileText: (text: string, source: PolicySource) => CompiledPolicy,
): CompiledPolicy {
  try {
    return compileText(text, { name: id })
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw invalidInput(`Invalid policy document ${id}: ${error.message}`)
    throw error
  }
}

// The policy of a resource is to name the caller: AWS takes users only for that, and does not ask whether there is such a user.
function readCaller({ CallerArn: given }: SimulationInput, principal?: SimulatedPrincipal): PrincipalFacts | undefined {
  const arn = given ?? principal?.arn ?? ''
  const { service, account = '', resource = '' } = parseArn(arn) ?? {}
  const isPrincipal =
    service === 'iam' && isAccountId(account) && /^(?:user|group|role)(?:\/[\w+=,.@-]+)+$/.test(resource)
  if (given !== undefined && !isPrincipal) throw invalidCaller()
  return isPrincipal && resource.startsWith('user/') ? { kind: 'user', account, arn, issuerArn: arn } : undefined
}

const invalidCaller = (): Error => invalidInput('Invalid caller - Caller must be an IAM user in this context.')

function readResourcePolicy(
  { ResourcePolicy: text, ResourceOwner: owner }: SimulationInput,
  caller: PrincipalFacts | undefined,
): Pick<Simulation, 'resource'> {
  const account = owner === undefined ? undefined : accountOfOwner(owner)
  if (text === undefined) return {}
  if (caller === undefined) throw invalidCaller()
  const compiled = compile({ id: 'ResourcePolicy', text }, compileKeyPolicy)
  const policy: SimulatedPolicy = { id: 'ResourcePolicy', type: 'Resource Policy', compiled }
  return { resource: { policy, owner: account ?? caller.account } }
}

function accountOfOwner(owner: string): string {
  if (isAccountId(owner)) return owner
  const { service, account = '', resource } = parseArn(owner) ?? {}
  if (service !== 'iam' || resource !== 'root' || !isAccountId(account))
    throw invalidInput(`Invalid Resource Owner: ${owner}`)
  return account
}
