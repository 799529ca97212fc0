import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

/** A statement of a key policy that is taken and does nothing. */
export const withoutEffect: WarningRow = {
  name: 'without-effect',
  kinds: ['key'],
  about: 'A statement of a key policy has no Action or no Resource, or names an alias: it is taken, and has no effect',
  find: ofEachStatement(({ action, resource }) => {
    if (action.values.length === 0) return 'has no effect: it has no Action'
    if (resource.values.length === 0)
      return 'has no effect: it has no Resource. Write "Resource": "*", which is this key'
    const isOfKeys = (value: string): boolean => value === '*' || !/:alias\//.test(value)
    if (resource.negated || resource.values.some(isOfKeys)) return undefined
    return 'has no effect: an alias in Resource never means a key. Write "Resource": "*", which is this key'
  }),
}
