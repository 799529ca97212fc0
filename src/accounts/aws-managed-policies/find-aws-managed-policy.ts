import { compileIdentityPolicy } from '../../policy/index.ts'
import type { CompiledPolicy } from '../../policy/index.ts'
import type { ManagedPolicyValue } from '../account-records.ts'
import { defaultVersionOf } from '../managed-policy.ts'
import { awsManagedPolicies } from './table.ts'

/** One of AWS's own managed policies: the same in every account. */
export interface AwsManagedPolicy {
  readonly value: ManagedPolicyValue
  readonly compiled: CompiledPolicy
}

const prefix = 'arn:aws:iam::aws:policy/'

/** Whether an ARN is in the place of AWS's own policies, known here or not. */
export function isAwsManagedPolicyArn(arn: string): boolean {
  return arn.startsWith(prefix)
}

const compiled = new Map<string, AwsManagedPolicy>()

/** All of AWS's own policies that matter here, in the order of their ARNs. */
export function listAwsManagedPolicies(): readonly ManagedPolicyValue[] {
  return [...awsManagedPolicies.values()].toSorted((a, b) => (a.arn < b.arn ? -1 : 1))
}

/** One of AWS's own policies by its ARN, or `undefined` where it is none of those that matter here. Compiled when first asked for. */
export function findAwsManagedPolicy(arn: string): AwsManagedPolicy | undefined {
  const known = compiled.get(arn)
  if (known !== undefined) return known
  const value = awsManagedPolicies.get(arn)
  if (value === undefined) return undefined
  const { document } = defaultVersionOf(value)
  const found = { value, compiled: compileIdentityPolicy(document, { name: `managed policy ${arn}`, arn }) }
  compiled.set(arn, found)
  return found
}
