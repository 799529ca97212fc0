import type { OperatorRow } from './operator.ts'

/** `Bool`: the wanted value may be a JSON boolean or its word. */
export const boolOperators: readonly OperatorRow[] = [
  {
    name: 'bool',
    negated: false,
    compile(wanted) {
      const word = wanted.toLowerCase()
      return word === 'true' || word === 'false' ? actual => actual.toLowerCase() === word : undefined
    },
  },
]
