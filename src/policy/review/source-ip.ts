import type { CompiledCondition } from '../conditions/condition.ts'
import { holdsWhenAbsent, networkConditions } from './condition-keys.ts'
import { actionsAllowedBy, isAllowed } from './reviewed-policy.ts'
import type { ReviewedStatement } from './reviewed-policy.ts'
import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

/** A condition on the public address of the client: requests through an endpoint have none. */
export const sourceIp: WarningRow = {
  name: 'source-ip',
  kinds: ['key', 'identity', 'endpoint', 'trust', 'scp', 'rcp'],
  about:
    'A condition on aws:SourceIp, which is absent from every request through an endpoint: aws:VpcSourceIp is there instead',
  find: policy => {
    const elsewhere = actionsAllowedBy(policy, statement => addressConditions(statement).length === 0)
    const find = ofEachStatement(statement => {
      const conditions = addressConditions(statement)
      if (conditions.length === 0) return undefined
      const holds = conditions.every(holdsWhenAbsent)
      if (policy.kind === 'endpoint') return atAnEndpoint(statement, holds)
      // Whoever looks at the endpoint too has thought of requests that come through one.
      if (networkConditions(statement).length > 0) return undefined
      return statement.effect === 'Deny' ? denied(holds) : allowed(holds, isAllowed(statement, elsewhere))
    })
    return find(policy)
  },
}

const addressConditions = ({ conditions }: ReviewedStatement): readonly CompiledCondition[] =>
  conditions.filter(({ name }) => name === 'aws:sourceip')

function denied(holds: boolean): string | undefined {
  if (!holds) return undefined
  return 'denies every request through an endpoint: it has no aws:SourceIp. Write IpAddress or NotIpAddress with aws:VpcSourceIp for those, or except them by aws:SourceVpce'
}

function allowed(holds: boolean, isAllowedElsewhere: boolean): string | undefined {
  if (holds)
    return 'allows every request through an endpoint: it has no aws:SourceIp, and the condition holds for what is absent'
  if (isAllowedElsewhere) return undefined
  return 'allows nothing through an endpoint: its requests have no aws:SourceIp. Write aws:VpcSourceIp, or aws:SourceVpce, in a statement of its own'
}

function atAnEndpoint({ effect }: ReviewedStatement, holds: boolean): string {
  const what = effect === 'Allow' ? 'allows' : 'denies'
  return holds
    ? `${what} whatever the address is: a request through an endpoint has no aws:SourceIp. Write aws:VpcSourceIp`
    : `never ${what} anything: a request through an endpoint has no aws:SourceIp. Write aws:VpcSourceIp`
}
