import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'
import type { ReviewedStatement } from './reviewed-policy.ts'

/** An allow for everybody that no condition narrows to some. */
export const anyone: WarningRow = {
  name: 'anyone',
  kinds: ['key', 'trust'],
  about: 'A statement allows something to everybody, of every account, or to everybody but some (NotPrincipal)',
  find: ofEachStatement(statement => {
    const { effect, principal } = statement
    if (effect !== 'Allow' || principal === undefined || isNarrowed(statement)) return undefined
    if (principal.negated)
      return 'allows to everybody whom NotPrincipal does not name, of every account: name in Principal who is meant'
    if (!principal.values.includes('*')) return undefined
    return 'allows to everybody, of every account: name in Principal who is meant, or narrow it by aws:PrincipalOrgID, aws:PrincipalAccount or kms:CallerAccount'
  }),
}

const narrowing =
  /^(?:aws:principal(?!isaws|type)|aws:source(?!ip)|aws:userid|aws:username|aws:vpce|kms:calleraccount|aws:federatedprovider|sts:externalid)/

const isNarrowed = ({ conditions }: ReviewedStatement): boolean => conditions.some(({ name }) => narrowing.test(name))
