import { parseStrictJson, JsonSyntaxError } from '../../../base/index.ts'
import type { JsonObject } from '../../../base/index.ts'
import { documentElements, isConditionOperator, statementElements } from '../../../policy/index.ts'

/** An identity policy whose grammar is right; what its values mean is not checked. */
export interface IdentityDocument {
  readonly version: string | undefined
  readonly statements: readonly IdentityStatement[]
}

/** A statement of such a policy. */
export interface IdentityStatement {
  readonly sid: string | undefined
  /** `Allow` or `Deny`, in any case. */
  readonly effect: string
  readonly hasPrincipal: boolean
  /** Of `Action` or `NotAction`; `undefined` where there is neither. */
  readonly actions: readonly string[] | undefined
  /** Of `Resource` or `NotResource`; `undefined` where there is neither. */
  readonly resources: readonly string[] | undefined
  readonly conditions: readonly IdentityCondition[]
}

/** One operator, one key and its values. */
export interface IdentityCondition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** A document that is no policy by its grammar. Never leaves this file. */
class GrammarError extends Error {}

/** Reads an identity policy, or gives `undefined` where it is none by its grammar: all that IAM calls a syntax error. */
export function parseIdentityDocument(text: string): IdentityDocument | undefined {
  try {
    const document = objectOf(parseStrictJson(text, { maxDepth: 16 }), documentElements)
    const { Version: version, Id: id, Statement: given } = document
    if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') throw new GrammarError()
    if (id !== undefined && typeof id !== 'string') throw new GrammarError()
    const statements: readonly unknown[] = Array.isArray(given) ? given : [given]
    if (statements.length === 0) throw new GrammarError()
    return { version, statements: statements.map(parseStatement) }
  } catch (error) {
    if (error instanceof GrammarError || error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

function parseStatement(value: unknown): IdentityStatement {
  const statement = objectOf(value, statementElements)
  const { Sid: sid, Effect: effect, Condition: condition } = statement
  if (sid !== undefined && typeof sid !== 'string') throw new GrammarError()
  if (typeof effect !== 'string' || !/^(?:allow|deny)$/i.test(effect)) throw new GrammarError()
  return {
    sid,
    effect,
    hasPrincipal: 'Principal' in statement || 'NotPrincipal' in statement,
    actions: textsOf(statement, 'Action'),
    resources: textsOf(statement, 'Resource'),
    conditions: condition === undefined ? [] : parseConditions(condition),
  }
}

/** The texts of an element or of its `Not…` form; there can't be both, not even empty. */
function textsOf(statement: JsonObject, name: 'Action' | 'Resource'): readonly string[] | undefined {
  const [plain, negation] = [statement[name], statement[`Not${name}`]]
  if (plain !== undefined && negation !== undefined) throw new GrammarError()
  const given = plain ?? negation
  if (given === undefined) return undefined
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (!values.every(each => typeof each === 'string')) throw new GrammarError()
  return values
}

function parseConditions(condition: unknown): readonly IdentityCondition[] {
  return Object.entries(objectOf(condition)).flatMap(([operator, block]) => {
    const keys = Object.entries(objectOf(block))
    // AWS asks for the operator only where it is used.
    if (keys.length > 0 && !isConditionOperator(operator)) throw new GrammarError()
    return keys.map(([key, given]) => ({ operator, key, values: scalarsOf(given) }))
  })
}

function scalarsOf(given: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  return values.map(value => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw new GrammarError()
    return String(value)
  })
}

function objectOf(value: unknown, members?: ReadonlySet<string>): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new GrammarError()
  if (members !== undefined && !Object.keys(value).every(name => members.has(name))) throw new GrammarError()
  return value as JsonObject
}
