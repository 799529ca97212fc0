import type { OrganizationMembers, PrincipalPolicies } from '../accounts/index.ts'
import { formatArn, principalArn, uniqueIdOf } from '../base/index.ts'
import type { Caller } from '../base/index.ts'
import { compileKeyPolicy, decide } from '../policy/index.ts'
import type { CompiledPolicy, Decision, Layers, PrincipalFacts, Question, ResourceFacts } from '../policy/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'
import { conditionContext, identityContext, regionOf } from './condition-context.ts'
import { controlLayers, isPrincipalOfAccount } from './control-layers.ts'
import { principalIds } from './principal-ids.ts'
import { wordRefusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'

/** Where a question's documents come from. */
export interface PolicySources {
  readonly policiesOf: (caller: Caller) => Promise<PrincipalPolicies>
  /** `undefined` where there is no such endpoint any more: the request is refused. */
  readonly endpointPolicy: (endpointId: string) => Promise<CompiledPolicy | undefined>
  /** Whether an account other than the caller's is there and not closed: else its resources answer nobody. */
  readonly isOpenAccount: (account: string) => Promise<boolean>
  /** Who is in the organization; `undefined` where there is none. */
  readonly organizationMembers: () => Promise<OrganizationMembers | undefined>
}

/** Decides what a request may do. A refusal is a verdict and no error. */
export interface Authorizer {
  /** Decides every check of a request; loads what it needs first. */
  authorize(facts: AccessFacts, checks: readonly AccessCheck[]): Promise<Verdict>
}

/** The answer to a request's checks: all of them must be allowed. */
export interface Verdict {
  readonly allowed: boolean
  /** One for each check, in order: what was asked and what is enforced. */
  readonly decisions: readonly CheckedQuestion[]
  /** Of the first check that was refused. */
  readonly refusal?: Refusal
  /** Nothing but the endpoint's policy refused, in any check. */
  readonly refusedByEndpointOnly: boolean
}

/** What was asked for one check, and what was decided. */
export interface CheckedQuestion {
  readonly question: Question
  readonly decision: Decision
}

/** Makes an authorizer. It asks its sources once for each request and keeps nothing from one to the next. */
export function createAuthorizer(sources: PolicySources): Authorizer {
  return {
    async authorize(facts, checks) {
      const { path, caller } = facts
      const policies = await sources.policiesOf(caller)
      const endpoint =
        path.kind === 'endpoint' ? ((await sources.endpointPolicy(path.endpointId)) ?? 'gone') : undefined
      const members = await sources.organizationMembers()
      const gathered: Gathered = { principal: principalFacts(caller), policies, endpoint, members }
      const answering = await withoutClosedAccounts(checks, caller, sources)
      const decisions = answering.map(check => {
        const question = questionOf(facts, check, gathered)
        return { question, decision: decide(question) }
      })
      return verdictOf(facts, answering, decisions, members)
    },
  }
}

const nobody = compileKeyPolicy('{"Version":"2012-10-17","Statement":[]}', {
  name: 'no policy: the account of the resource is not open',
})

/**
 * What belongs to a closed account is as what is not there: neither its policy nor a grant permits anything. The own account of
 * whoever signed needs no look, since its credentials would not have been taken.
 */
async function withoutClosedAccounts(
  checks: readonly AccessCheck[],
  caller: Caller,
  { isOpenAccount }: PolicySources,
): Promise<readonly AccessCheck[]> {
  const signed = isPrincipalOfAccount(caller)
  const isOwn = (account: string): boolean => signed && account === caller.account
  if (checks.every(({ resource }) => isOwn(resource.account))) return checks
  return Promise.all(
    checks.map(async check => {
      const { resource } = check
      if (!('policy' in resource) || isOwn(resource.account) || (await isOpenAccount(resource.account))) return check
      // Of what is not there, there is nothing to be taken away.
      if (resource.policy.statements.length === 0 && check.grants === undefined) return check
      const { grants: _, ...withoutGrants } = check
      return { ...withoutGrants, resource: { ...resource, policy: nobody } }
    }),
  )
}

function principalFacts(caller: Caller): PrincipalFacts {
  const { kind, account, arn } = caller
  const issuerArn = caller.kind === 'federated-user' ? caller.issuer.arn : principalArn(caller)
  const uniqueId = uniqueIdOf(caller)
  const ids = principalIds(caller)
  return { kind, account, arn, issuerArn, ids, ...(uniqueId === undefined ? {} : { uniqueId }) }
}

/** What is the same for all checks of a request. */
interface Gathered {
  readonly principal: PrincipalFacts
  readonly policies: PrincipalPolicies
  readonly endpoint: Layers['endpoint']
  readonly members: OrganizationMembers | undefined
}

function questionOf(
  facts: AccessFacts,
  check: AccessCheck,
  { principal, policies, endpoint, members }: Gathered,
): Question {
  return {
    principal,
    action: check.action,
    resource: resourceFacts(facts, check),
    context: conditionContext(facts, check, members),
    identityContext: identityContext(check),
    layers: {
      ...policies,
      ...(members === undefined ? {} : controlLayers(members, facts.caller, check)),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...('policy' in check.resource ? { resource: check.resource.policy } : {}),
      ...(check.grants === undefined ? {} : { grants: check.grants }),
    },
  }
}

function resourceFacts(facts: AccessFacts, check: AccessCheck): ResourceFacts {
  const { action, resource } = check
  const { kind, account } = resource
  if (resource.kind === 'key') {
    const { arn, crossAccount, isGrant } = resource
    return { kind: isGrant === true ? 'grant' : 'key', account, arn, crossAccount }
  }
  if (resource.kind === 'role') return { kind, account, arn: resource.arn, crossAccount: true }
  if (resource.kind === 'named') return { kind, account, arn: resource.arn, crossAccount: false }
  // Only KMS takes the ARN of "everything here" for an action without a resource; elsewhere it must be `*`.
  const arn = action.startsWith('kms:') ? formatArn('kms', regionOf(facts, check), account, '') : '*'
  return { kind, account, arn, crossAccount: false }
}

function verdictOf(
  facts: AccessFacts,
  checks: readonly AccessCheck[],
  decisions: readonly CheckedQuestion[],
  members: OrganizationMembers | undefined,
): Verdict {
  const first = decisions.findIndex(({ decision }) => !decision.allowed)
  if (first < 0) return { allowed: true, decisions, refusedByEndpointOnly: false }
  const refused = decisions.filter(({ decision }) => !decision.allowed)
  const check = checks[first]!
  const sameOrganization = members?.has(facts.caller.account) === true && members.has(check.resource.account)
  return {
    allowed: false,
    decisions,
    refusal: wordRefusal(facts, check, decisions[first]!.decision, { sameOrganization }),
    refusedByEndpointOnly: refused.every(({ decision }) => decision.refusedByEndpointOnly),
  }
}
