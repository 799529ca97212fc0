import type { ReviewedPolicy, ReviewedStatement } from './reviewed-policy.ts'
import type { Finding, WarningRow } from './warning.ts'

const needed = [
  ['kms:PutKeyPolicy', 'change this policy'],
  ['kms:ScheduleKeyDeletion', 'delete the key'],
  ['kms:DisableKey', 'disable the key'],
] as const

/** A key that nobody can change, disable or delete. */
export const nobodyAdministers: WarningRow = {
  name: 'nobody-administers',
  kinds: ['key'],
  about: 'No statement lets anybody change the policy, disable the key or delete it, or one denies it to everybody',
  find: policy => needed.flatMap(([action, what]) => findingFor(action, what, policy)),
}

function findingFor(action: string, what: string, { statements }: ReviewedPolicy): readonly Finding[] {
  const about = statements.filter(({ kmsActions }) => kmsActions.has(action.toLowerCase()))
  const denial = about.find(isForEverybody)
  if (denial !== undefined) return [{ statement: denial, message: `denies ${action} to everybody: nobody can ${what}` }]
  return about.some(allowsSomebody) ? [] : [{ message: `nobody can ${what}: no statement allows ${action}` }]
}

function isForEverybody({ effect, principal, conditions, resource }: ReviewedStatement): boolean {
  return (
    effect === 'Deny' &&
    conditions.length === 0 &&
    principal?.negated === false &&
    principal.values.includes('*') &&
    !resource.negated &&
    resource.values.includes('*')
  )
}

/** Whether a statement allows something to somebody who is no service, on the key that it is of. */
function allowsSomebody({ effect, principal, resource }: ReviewedStatement): boolean {
  if (effect !== 'Allow' || principal === undefined) return false
  const isAboutKeys = resource.negated || resource.values.some(value => value === '*' || value.includes(':key/'))
  const isForServices = !principal.negated && principal.values.every(value => value.startsWith('Service:'))
  return isAboutKeys && !isForServices
}
