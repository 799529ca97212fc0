import type { JsonObject } from '../../base/index.ts'
import type { CompiledPolicy, CompiledStatement } from '../compiled-policy.ts'
import type { CompiledCondition } from '../conditions/condition.ts'
import { compilePattern } from '../pattern.ts'
import { kmsActions } from './kms-names.ts'
import type { PolicyKind } from './policy-kind.ts'

/** An element as it is written, and whether in its `Not…` form. */
export interface WrittenElement {
  readonly negated: boolean
  readonly values: readonly string[]
}

/** A statement as somebody reads it who asks whether it is meant so. */
export interface ReviewedStatement {
  readonly number: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** `*`, or values with the kind of principal before them: `AWS:arn:…`. Absent where the kind of policy has none. */
  readonly principal: WrittenElement | undefined
  readonly action: WrittenElement
  readonly resource: WrittenElement
  readonly conditions: readonly CompiledCondition[]
  /** Actions of KMS that it is about, in lower case; also those that a pattern means. */
  readonly kmsActions: ReadonlySet<string>
}

/** A document that compiles, ready to be reviewed. */
export interface ReviewedPolicy {
  readonly kind: PolicyKind
  readonly statements: readonly ReviewedStatement[]
  /** Principals that it names and that do not exist; absent where nobody looked. */
  readonly unknownPrincipals?: ReadonlySet<string>
}

/** Makes a compiled document ready for review. */
export function reviewedPolicy(policy: CompiledPolicy, kind: PolicyKind): ReviewedPolicy {
  const written = listOf((JSON.parse(policy.text) as JsonObject)['Statement']) as readonly JsonObject[]
  return {
    kind,
    statements: policy.statements.map(statement => reviewedStatement(written[statement.number - 1]!, statement)),
  }
}

function reviewedStatement(
  written: JsonObject,
  { number, sid, effect, conditions }: CompiledStatement,
): ReviewedStatement {
  const action = elementOf(written, 'Action')
  return {
    number,
    sid,
    effect,
    principal: principalOf(written),
    action,
    resource: elementOf(written, 'Resource'),
    conditions,
    kmsActions: actionsOf(action),
  }
}

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function elementOf(written: JsonObject, name: 'Action' | 'Resource'): WrittenElement {
  const negation = written[`Not${name}`]
  return { negated: negation !== undefined, values: listOf(negation ?? written[name]) as readonly string[] }
}

function principalOf({ Principal: principal, NotPrincipal: notPrincipal }: JsonObject): WrittenElement | undefined {
  const given = principal ?? notPrincipal
  if (given === undefined) return undefined
  const negated = principal === undefined
  if (typeof given === 'string') return { negated, values: [given] }
  const values = Object.entries(given as JsonObject).flatMap(([kind, listed]) =>
    (listOf(listed) as readonly string[]).map(value => (kind === 'AWS' && value === '*' ? '*' : `${kind}:${value}`)),
  )
  return { negated, values }
}

function actionsOf({ negated, values }: WrittenElement): ReadonlySet<string> {
  // An absent element is about nothing, negated or not.
  if (values.length === 0) return new Set()
  const patterns = values.map(value => compilePattern(value.toLowerCase(), { wildcards: true, variables: false }))
  const names = kmsActions.map(name => `kms:${name}`.toLowerCase())
  return new Set(names.filter(name => patterns.some(matches => matches(name, () => undefined) === true) !== negated))
}
