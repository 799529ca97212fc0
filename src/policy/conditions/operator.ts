import type { Variables } from '../pattern.ts'

/** Compares one actual value with one wanted value; `undefined` where a variable of the wanted value has no value. */
export type ValueTest = (actual: string, variables: Variables) => boolean | undefined

/** One condition operator, without its `ForAllValues:`, `ForAnyValue:` and `…IfExists` forms. */
export interface OperatorRow {
  /** Lower case. */
  readonly name: string
  /** The operator is the contrary of its test: it matches where no wanted value does, and where the key is absent. */
  readonly negated: boolean
  /** Compiles a wanted value; `undefined` where the operator can't have such a value. */
  readonly compile: (wanted: string, options: { readonly variables: boolean }) => ValueTest | undefined
}
