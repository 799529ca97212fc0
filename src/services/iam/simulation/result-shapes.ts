import type { iam } from '../../../wire/index.ts'
import type { MatchedStatement, SimulatedOutcome } from './simulate.ts'

/** What was found of an action on one resource. */
export interface NamedOutcome {
  readonly resource: string
  readonly outcome: SimulatedOutcome
}

/**
 * The result of an action. Where it was tried on several resources, what it says of all together is what holds for every one of them:
 * it allows only where all are allowed.
 */
export function resultShape(
  action: string,
  outcomes: readonly NamedOutcome[],
  missing: readonly string[],
): iam.EvaluationResult {
  const [first, ...others] = outcomes
  const { resource, outcome } = first!
  const isSpecific = resource !== '*' || others.length > 0
  if (others.length === 0) {
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: outcome.decision,
      MatchedStatements: outcome.matched.map(statementShape),
      MissingContextValues: missing,
      ...detailShapes(outcome),
      ...organizationShape(outcomes),
      ...(isSpecific ? { EvalDecisionDetails: sidesShape(outcome) ?? {} } : {}),
      ...(isSpecific ? { ResourceSpecificResults: [specificShape(first!, missing)] } : {}),
    }
  }
  return {
    EvalActionName: action,
    EvalResourceName: '*',
    EvalDecision: decisionOfAll(outcomes),
    MatchedStatements: [],
    MissingContextValues: [],
    ...boundaryShape(outcomes),
    ...organizationShape(outcomes),
    ResourceSpecificResults: outcomes.map(each => specificShape(each, missing)),
  }
}

function decisionOfAll(outcomes: readonly NamedOutcome[]): string {
  const decisions = outcomes.map(({ outcome }) => outcome.decision)
  return (
    decisions.find(decision => decision === 'explicitDeny') ??
    decisions.find(decision => decision !== 'allowed') ??
    'allowed'
  )
}

function specificShape({ resource, outcome }: NamedOutcome, missing: readonly string[]): iam.ResourceSpecificResult {
  const sides = sidesShape(outcome)
  return {
    EvalResourceName: resource,
    EvalResourceDecision: outcome.decision,
    MatchedStatements: outcome.matched.map(statementShape),
    MissingContextValues: missing,
    ...(sides === undefined ? {} : { EvalDecisionDetails: sides }),
    ...detailShapes(outcome),
  }
}

const detailShapes = (outcome: SimulatedOutcome): Pick<iam.EvaluationResult, 'PermissionsBoundaryDecisionDetail'> =>
  boundaryShape([{ resource: '', outcome }])

function boundaryShape(
  outcomes: readonly NamedOutcome[],
): Pick<iam.EvaluationResult, 'PermissionsBoundaryDecisionDetail'> {
  const allowed = allOf(outcomes.map(({ outcome }) => outcome.allowedByBoundary))
  return allowed === undefined ? {} : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowed } }
}

function organizationShape(
  outcomes: readonly NamedOutcome[],
): Pick<iam.EvaluationResult, 'OrganizationsDecisionDetail'> {
  const allowed = allOf(outcomes.map(({ outcome }) => outcome.allowedByOrganizations))
  return allowed === undefined ? {} : { OrganizationsDecisionDetail: { AllowedByOrganizations: allowed } }
}

function allOf(allowed: readonly (boolean | undefined)[]): boolean | undefined {
  return allowed.includes(undefined) ? undefined : !allowed.includes(false)
}

function sidesShape({ sides }: SimulatedOutcome): Readonly<Record<string, string>> | undefined {
  return sides === undefined ? undefined : { 'IAM Policy': sides.identity, 'Resource Policy': sides.resource }
}

function statementShape({ policy, start, end }: MatchedStatement): iam.Statement {
  return {
    SourcePolicyId: policy.id,
    SourcePolicyType: policy.type,
    StartPosition: { Line: start.line, Column: start.column },
    EndPosition: { Line: end.line, Column: end.column },
  }
}
