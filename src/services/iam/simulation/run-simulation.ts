import { ServiceError, encodePagingToken } from '../../../base/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { iam } from '../../../wire/index.ts'
import { auditPage, pageFrom } from '../paging.ts'
import { resultShape } from './result-shapes.ts'
import type { NamedOutcome } from './result-shapes.ts'
import { missingKeys, simulate } from './simulate.ts'
import type { Simulation } from './simulate.ts'
import { readActions, readResources } from './simulation-input.ts'
import type { SimulationInput } from './simulation-input.ts'

// How many statements a page compares, at the most: it ends early where actions, resources and policies are many.
const pageWork = 500_000
// After so many, other requests come in between.
const turnWork = 20_000

/** Simulates one page of a request's actions: one result for each. @throws {ServiceError} InvalidInput, ValidationError */
export async function runSimulation(
  simulation: Simulation,
  input: SimulationInput,
): Promise<iam.SimulatePolicyResponse> {
  const actions = readActions(input)
  const resources = readResources(input)
  const { limit, page } = pageFrom(input)
  const missing = missingKeys(simulation)
  const statements = statementCount(simulation)
  const results: iam.EvaluationResult[] = []
  let next = firstIndex(page.after)
  let work = 0
  while (next < actions.length && results.length < limit && work < pageWork) {
    const action = actions[next++]!
    const outcomes: NamedOutcome[] = []
    for (const resource of resources) {
      outcomes.push({ resource, outcome: simulate(simulation, action, resource) })
      if (Math.floor(work / turnWork) < Math.floor((work + statements) / turnWork)) await nextTurn()
      work += statements
    }
    results.push(resultShape(action, outcomes, missing))
  }
  const isTruncated = next < actions.length
  return {
    EvaluationResults: results,
    IsTruncated: isTruncated,
    ...(isTruncated ? { Marker: encodePagingToken(String(next - 1)) } : {}),
  }
}

/** A simulation as the trail records it. */
export function auditSimulation(input: SimulationInput): AuditValues {
  return {
    policyInputList: input.PolicyInputList,
    permissionsBoundaryPolicyInputList: input.PermissionsBoundaryPolicyInputList,
    actionNames: input.ActionNames,
    resourceArns: input.ResourceArns,
    resourcePolicy: input.ResourcePolicy,
    resourceOwner: input.ResourceOwner,
    callerArn: input.CallerArn,
    contextEntries: input.ContextEntries?.map(entry => ({
      contextKeyName: entry.ContextKeyName,
      contextKeyValues: entry.ContextKeyValues,
      contextKeyType: entry.ContextKeyType,
    })),
    ...auditPage(input),
  }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function firstIndex(after: string | undefined): number {
  if (after === undefined) return 0
  if (!/^\d{1,6}$/.test(after)) throw new ServiceError('ValidationError', 'Invalid Marker.')
  return Number(after) + 1
}

function statementCount({ identity, boundary, serviceControl = [], resource }: Simulation): number {
  const policies = [...identity, boundary, resource?.policy].map(policy => policy?.compiled)
  const levels = serviceControl.flatMap(level => level.policies)
  return [...policies, ...levels].reduce((sum, policy) => sum + (policy?.statements.length ?? 0), 1)
}
