import type { CompiledCondition } from '../conditions/condition.ts'
import { holdsWhenAbsent } from './condition-keys.ts'
import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

/** `ForAllValues` is met by a request that lacks the key, unless another condition wants the key to be there. */
export const forAllValues: WarningRow = {
  name: 'for-all-values',
  kinds: ['key', 'identity', 'endpoint', 'trust', 'scp', 'rcp'],
  about:
    'ForAllValues holds where the request has no such key; only Null with "false" beside it wants the key to be there',
  find: ofEachStatement(({ effect, conditions }) => {
    const open = conditions.filter(
      ({ operator, name }) =>
        operator.toLowerCase().startsWith('forallvalues:') &&
        !conditions.some(other => other.name === name && requiresKey(other)),
    )
    if (open.length === 0) return undefined
    const [{ operator, key }] = open as [CompiledCondition]
    const what = effect === 'Allow' ? 'allows' : 'denies'
    return `${what} also where the request has no ${key}: ${operator} holds for none. Add "Null": {"${key}": "false"} to its Condition`
  }),
}

const requiresKey = (condition: CompiledCondition): boolean =>
  !holdsWhenAbsent(condition) && !condition.operator.toLowerCase().startsWith('forallvalues:')
