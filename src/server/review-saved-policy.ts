import { policyWarnings, reviewPolicy } from '../policy/index.ts'
import type { PolicyKind } from '../policy/index.ts'
import { compileOfKind } from '../services/index.ts'
import type { Call } from './call.ts'

/** Operations that save a policy, with its kind and the member of the request that it is in. */
const savingOperations: Readonly<Record<string, readonly [kind: PolicyKind, member: string]>> = {
  'kms:CreateKey': ['key', 'Policy'],
  'kms:PutKeyPolicy': ['key', 'Policy'],
  'kms:ReplicateKey': ['key', 'Policy'],
  'ec2:CreateVpcEndpoint': ['endpoint', 'PolicyDocument'],
  'ec2:ModifyVpcEndpoint': ['endpoint', 'PolicyDocument'],
  'iam:CreateRole': ['trust', 'AssumeRolePolicyDocument'],
  'iam:UpdateAssumeRolePolicy': ['trust', 'PolicyDocument'],
  'iam:CreatePolicy': ['identity', 'PolicyDocument'],
  'iam:CreatePolicyVersion': ['identity', 'PolicyDocument'],
  'iam:PutGroupPolicy': ['identity', 'PolicyDocument'],
  'iam:PutRolePolicy': ['identity', 'PolicyDocument'],
  'iam:PutUserPolicy': ['identity', 'PolicyDocument'],
}

/**
 * What a careful engineer would ask about the policy that a call has saved; empty where it has saved none, or there is nothing to ask.
 * Nothing that stands in the policy is in these lines: the server's log has no request in it.
 */
export function reviewSavedPolicy({ service, operation, input }: Call): readonly string[] {
  const saving = savingOperations[`${service.name}:${operation.name}`]
  if (saving === undefined || input.kind !== 'decoded') return []
  const [kind, member] = saving
  const text = (input.value as Readonly<Record<string, unknown>>)[member]
  if (typeof text !== 'string') return []
  const counted = new Map<string, number[]>()
  for (const { warning, statement } of reviewPolicy(compileOfKind(kind, text, { name: 'the policy' }), kind)) {
    const statements = counted.get(warning) ?? []
    counted.set(warning, statement === undefined ? statements : [...statements, statement])
  }
  return [...counted].map(([name, statements]) => lineOf(name, statements))
}

const mostShown = 10

function lineOf(name: string, statements: readonly number[]): string {
  const about = policyWarnings.find(row => row.name === name)!.about
  if (statements.length === 0) return `${name}: ${about}`
  const more = statements.length > mostShown ? ' and more' : ''
  const which = statements.length === 1 ? 'statement' : 'statements'
  return `${name}: ${about} (${which} ${statements.slice(0, mostShown).join(', ')}${more})`
}
