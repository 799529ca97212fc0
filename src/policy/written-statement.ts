import type { JsonObject } from '../base/index.ts'
import type { CompiledPolicy } from './compiled-policy.ts'

/** An element as it is written, and whether in its `Not…` form. Without values where there is none. */
export interface WrittenElement {
  readonly negated: boolean
  readonly values: readonly string[]
}

/** What a statement says of whom it is for and what it is about, as it is written: for people, and for what only the text tells. */
export interface WrittenStatement {
  /** `*`, or values with the kind of principal before them: `AWS:arn:…`. Absent where the document has none. */
  readonly principal: WrittenElement | undefined
  readonly action: WrittenElement
  readonly resource: WrittenElement
}

/** The statements of a document that compiles, in their order. */
export function writtenStatements({ text }: CompiledPolicy): readonly WrittenStatement[] {
  const { Statement: statements } = JSON.parse(text) as JsonObject
  return (listOf(statements) as readonly JsonObject[]).map(statement => ({
    principal: principalOf(statement),
    action: elementOf(statement, 'Action'),
    resource: elementOf(statement, 'Resource'),
  }))
}

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function elementOf(statement: JsonObject, name: 'Action' | 'Resource'): WrittenElement {
  const negation = statement[`Not${name}`]
  return { negated: negation !== undefined, values: listOf(negation ?? statement[name]) as readonly string[] }
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
