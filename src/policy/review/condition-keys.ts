import type { CompiledCondition } from '../conditions/condition.ts'
import type { ReviewedStatement } from './reviewed-policy.ts'

/** Keys that tell of the endpoint and VPC that a request came through, in lower case; absent where it came another way. */
const networkKeys: ReadonlySet<string> = new Set([
  'aws:sourcevpc',
  'aws:sourcevpcarn',
  'aws:sourcevpce',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
  'aws:vpcsourceip',
])

/** Keys that tell of a service that calls on behalf of a user, in lower case. Not those of a service that acts as itself. */
const serviceKeys: ReadonlySet<string> = new Set([
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:viaawsservice',
  'kms:viaservice',
])

/** The conditions of a statement on endpoints and VPCs. */
export function networkConditions({ conditions }: ReviewedStatement): readonly CompiledCondition[] {
  return conditions.filter(({ name }) => networkKeys.has(name))
}

/** The conditions of a statement on services. */
export function serviceConditions({ conditions }: ReviewedStatement): readonly CompiledCondition[] {
  return conditions.filter(({ name }) => serviceKeys.has(name))
}

/** Whether a condition is met by a request that does not have its key. */
export function holdsWhenAbsent(condition: CompiledCondition): boolean {
  return condition.matches(undefined, () => undefined)
}

/** Whether a condition is met by that value. */
export function holdsFor(condition: CompiledCondition, value: string): boolean {
  return condition.matches(value, () => undefined)
}

/** Condition keys as the document has them, each once: `aws:SourceVpce and aws:SourceVpc`. */
export function keyNames(conditions: readonly CompiledCondition[]): string {
  return [...new Set(conditions.map(({ key }) => key))].join(' and ')
}
