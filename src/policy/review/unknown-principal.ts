import { parseArn } from '../../base/index.ts'
import type { ReviewedPolicy, ReviewedStatement } from './reviewed-policy.ts'
import type { WarningRow } from './warning.ts'

/** A principal that does not exist. It must be looked up: a policy alone does not tell. */
export const unknownPrincipal: WarningRow = {
  name: 'unknown-principal',
  kinds: ['key', 'identity', 'endpoint', 'trust', 'scp', 'rcp'],
  about: 'A user, role or account that the policy names does not exist here; asked of a running server',
  find: ({ statements, unknownPrincipals = new Set() }) =>
    statements.flatMap(statement =>
      namedBy(statement)
        .filter(name => unknownPrincipals.has(name))
        .map(name => ({ statement, message: `names ${name}, who does not exist` })),
    ),
}

/** Users, roles, sessions and accounts that a document names, in its principals or in conditions on aws:PrincipalArn: those to look up. */
export function principalsToLookUp({ statements }: Pick<ReviewedPolicy, 'statements'>): readonly string[] {
  return [...new Set(statements.flatMap(namedBy))]
}

function namedBy({ principal, conditions }: ReviewedStatement): readonly string[] {
  const principals = (principal?.values ?? [])
    .filter(value => value.startsWith('AWS:'))
    .map(value => value.slice('AWS:'.length))
  const compared = conditions
    .filter(({ name, operator }) => name === 'aws:principalarn' && operator.toLowerCase() !== 'null')
    .flatMap(({ wanted }) => wanted)
    .filter(value => !/[*?$]/.test(value) && parseArn(value) !== undefined)
  return [...principals, ...compared]
}
