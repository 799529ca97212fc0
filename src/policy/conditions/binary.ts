import type { OperatorRow } from './operator.ts'

/** `BinaryEquals`: base64 texts of the same bytes. */
export const binaryOperators: readonly OperatorRow[] = [
  {
    name: 'binaryequals',
    negated: false,
    compile(wanted) {
      const bytes = Buffer.from(wanted, 'base64')
      return bytes.toString('base64') === wanted ? actual => Buffer.from(actual, 'base64').equals(bytes) : undefined
    },
  },
]
