import { holdsFor, holdsWhenAbsent, keyNames, networkConditions, serviceConditions } from './condition-keys.ts'
import { actionsAllowedBy, isAllowed } from './reviewed-policy.ts'
import type { ReviewedStatement } from './reviewed-policy.ts'
import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

/** A condition on endpoints or VPCs that refuses the services that call for a user: their requests come through none. */
export const blocksServices: WarningRow = {
  name: 'blocks-services',
  kinds: ['key', 'identity', 'scp', 'rcp'],
  about:
    'A condition on endpoints or VPCs makes no exception for services that call on the user’s behalf, whose requests come through no endpoint of the user’s',
  find: policy => {
    const elsewhere = actionsAllowedBy(policy, statement => networkConditions(statement).length === 0)
    const find = ofEachStatement(statement => {
      const conditions = networkConditions(statement)
      if (conditions.length === 0 || serviceConditions(statement).some(excepts)) return undefined
      return statement.effect === 'Deny' ? denied(statement) : allowedOnly(statement, elsewhere)
    })
    return find(policy)
  },
}

/** Whether a condition is an exception for services. One that all their requests meet is none. */
function excepts(condition: ReviewedStatement['conditions'][number]): boolean {
  return condition.name !== 'aws:viaawsservice' || !holdsFor(condition, 'true') || !holdsFor(condition, 'false')
}

function denied(statement: ReviewedStatement): string | undefined {
  const conditions = networkConditions(statement)
  if (!conditions.every(holdsWhenAbsent)) return undefined
  return `denies services that call on the user's behalf too: their requests have no ${keyNames(conditions)}. To let them through, add "Bool": {"aws:ViaAWSService": "false"} to its Condition, or StringNotEquals with kms:ViaService for those that you use`
}

function allowedOnly(statement: ReviewedStatement, elsewhere: ReadonlySet<string>): string | undefined {
  const conditions = networkConditions(statement).filter(condition => !holdsWhenAbsent(condition))
  if (conditions.length === 0 || isAllowed(statement, elsewhere)) return undefined
  return `allows nothing to services that call on the user's behalf: their requests have no ${keyNames(conditions)}. If you use such services, add a statement that allows the same with "Bool": {"aws:ViaAWSService": "true"}, or with kms:ViaService`
}
