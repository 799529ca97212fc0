import { applyingStatements, decide } from '../../../policy/index.ts'
import type {
  CompiledPolicy,
  ContextValue,
  ControlLevel,
  Decision,
  LayerName,
  LayerResult,
  PrincipalFacts,
  Question,
  ResourceFacts,
} from '../../../policy/index.ts'
import { parseArn } from '../../../base/index.ts'
import { contextKeysOf, uniqueKeys } from './context-keys.ts'
import { statementPositions } from './statement-positions.ts'
import type { StatementPosition } from './statement-positions.ts'

/** What kind a policy of a simulation is, in IAM's words. */
export type SimulatedPolicyType = 'IAM Policy' | 'Permissions Boundary Policy' | 'Resource Policy'

/** A policy of a simulation. */
export interface SimulatedPolicy {
  /** By what name results tell of it. */
  readonly id: string
  readonly type: SimulatedPolicyType
  readonly compiled: CompiledPolicy
}

/** All that decides but the action and the resource. */
export interface Simulation {
  readonly caller: PrincipalFacts
  /** By lower-case name. There are no others: nothing is taken from the request that asks for the simulation. */
  readonly context: ReadonlyMap<string, ContextValue>
  readonly identity: readonly SimulatedPolicy[]
  readonly boundary?: SimulatedPolicy
  /** Service control policies by level, the root first. */
  readonly serviceControl?: readonly ControlLevel[]
  /** The policy of every resource, and the account of those whose ARN names none. */
  readonly resource?: { readonly policy: SimulatedPolicy; readonly owner: string }
}

/** A decision, as IAM writes it. */
export type SimulatedDecision = 'allowed' | 'explicitDeny' | 'implicitDeny'

/** What a simulation finds of one action on one resource. */
export interface SimulatedOutcome {
  readonly decision: SimulatedDecision
  /** The statements that the decision rests on; none where nothing allows. */
  readonly matched: readonly MatchedStatement[]
  /** Absent where there is no boundary. */
  readonly allowedByBoundary?: boolean
  /** Absent where there are no service control policies. */
  readonly allowedByOrganizations?: boolean
  /** What either side says, where resource and caller are of two accounts. */
  readonly sides?: { readonly identity: SimulatedDecision; readonly resource: SimulatedDecision }
}

/** A statement, and where it stands. */
export interface MatchedStatement extends StatementPosition {
  readonly policy: SimulatedPolicy
}

/** Simulates one action on one resource, by the same `decide()` that real requests are decided by. Pure. */
export function simulate(simulation: Simulation, action: string, resourceArn: string): SimulatedOutcome {
  const questions = questionsOf(simulation, action, resourceArn)
  const decisions = questions.map(decide)
  const { results } = decisions.at(-1)!
  const decision = combine(decisions)
  const levels = results.filter(result => result.layer === 'service-control')
  const boundary = results.find(result => result.layer === 'boundary')
  const { resource } = questions.at(-1)!
  const isForeign = simulation.resource !== undefined && resource.account !== simulation.caller.account
  return {
    decision,
    matched: matchedStatements(simulation, { question: questions.at(-1)!, results, decision }),
    ...(boundary === undefined ? {} : { allowedByBoundary: boundary.outcome === 'allow' }),
    ...(levels.length === 0 ? {} : { allowedByOrganizations: levels.every(({ outcome }) => outcome === 'allow') }),
    ...(isForeign ? { sides: { identity: sideOf(results, 'identity'), resource: sideOf(results, 'resource') } } : {}),
  }
}

/** Keys that the policies look at, and that are not given. As AWS does, it says nothing of what the organization's policies look at. */
export function missingKeys({ identity, boundary, resource, context }: Simulation): readonly string[] {
  const policies = [...identity, boundary, resource?.policy].filter(policy => policy !== undefined)
  const keys = policies.flatMap(({ compiled }) => contextKeysOf(compiled))
  return uniqueKeys(keys).filter(key => !context.has(key.toLowerCase()))
}

/**
 * The questions of which one must be allowed. A key's policy must always allow. Policies of other resources need not where the caller's
 * own do, if both are of one account: so this is asked without that policy and with it. What belongs to nobody's side but the caller's
 * is asked about as if it were of its account.
 */
function questionsOf(simulation: Simulation, action: string, arn: string): readonly Question[] {
  const { caller, context, identity, boundary, serviceControl, resource } = simulation
  const withResource = (facts: ResourceFacts, policy?: CompiledPolicy): Question => ({
    principal: caller,
    action,
    resource: facts,
    context,
    identityContext: noKeys,
    layers: {
      identity: identity.map(({ compiled }) => compiled),
      ...(boundary === undefined ? {} : { boundary: boundary.compiled }),
      ...(serviceControl === undefined ? {} : { serviceControl }),
      ...(policy === undefined ? {} : { resource: policy }),
    },
  })
  const kind = arn === '*' ? 'none' : 'named'
  const ownAccount = { kind, arn, account: caller.account, crossAccount: false } as const
  // Trust policies can't be simulated: AWS leaves them out of account.
  if (resource === undefined || /^sts:assume/i.test(action)) return [withResource(ownAccount)]
  const account = accountOf(arn) ?? resource.owner
  const asKey = withResource({ kind: 'key', arn, account, crossAccount: true }, resource.policy.compiled)
  if (/^kms:/i.test(action)) return [asKey]
  return [withResource({ ...ownAccount, account }), asKey]
}

const noKeys: Question['identityContext'] = new Map()

function accountOf(arn: string): string | undefined {
  const account = parseArn(arn)?.account
  return account === undefined || account === '' ? undefined : account
}

function combine(decisions: readonly Decision[]): SimulatedDecision {
  const results = decisions.flatMap(decision => decision.results)
  if (results.some(({ outcome }) => outcome === 'explicit-deny')) return 'explicitDeny'
  return decisions.some(({ allowed }) => allowed) ? 'allowed' : 'implicitDeny'
}

function sideOf(results: readonly LayerResult[], layer: LayerName): SimulatedDecision {
  switch (results.find(result => result.layer === layer)?.outcome) {
    case 'allow':
      return 'allowed'
    case 'explicit-deny':
      return 'explicitDeny'
    case 'implicit-deny':
    case undefined:
      return 'implicitDeny'
  }
}

// Documents of the organization are not the account's to read: whether they allow is all that is told of them.
const shownLayers: readonly LayerName[] = ['resource', 'identity', 'boundary']

interface Decided {
  readonly question: Question
  readonly results: readonly LayerResult[]
  readonly decision: SimulatedDecision
}

/** Where something denies, what allows does not matter; a boundary allows nothing by itself. */
function matchedStatements(
  simulation: Simulation,
  { question, results, decision }: Decided,
): readonly MatchedStatement[] {
  if (decision === 'implicitDeny') return []
  const effect = decision === 'allowed' ? 'Allow' : 'Deny'
  const layers = effect === 'Deny' ? shownLayers : shownLayers.filter(layer => layer !== 'boundary')
  return results
    .filter(({ layer }) => layers.includes(layer))
    .flatMap(result => applyingStatements(question, result))
    .filter(({ statement }) => statement.effect === effect)
    .map(({ policy, statement }) => ({
      policy: simulatedPolicyOf(simulation, policy),
      ...positionsOf(policy)[statement.number - 1]!,
    }))
}

function simulatedPolicyOf({ identity, boundary, resource }: Simulation, compiled: CompiledPolicy): SimulatedPolicy {
  return [...identity, boundary, resource?.policy].find(policy => policy?.compiled === compiled)!
}

const positions = new WeakMap<CompiledPolicy, readonly StatementPosition[]>()

function positionsOf(policy: CompiledPolicy): readonly StatementPosition[] {
  let found = positions.get(policy)
  if (found === undefined) {
    found = statementPositions(policy.text)
    positions.set(policy, found)
  }
  return found
}
