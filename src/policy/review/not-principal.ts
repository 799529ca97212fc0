import { accountRootArn, isAccountId, parseArn } from '../../base/index.ts'
import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'

/** A denying `NotPrincipal` that names a user or role without its account: it denies them all the same. */
export const notPrincipal: WarningRow = {
  name: 'not-principal',
  kinds: ['key', 'endpoint'],
  about: 'A denying NotPrincipal names a user, role or session and not its account, and so denies them too',
  find: ofEachStatement(({ effect, principal }) => {
    if (effect !== 'Deny' || principal?.negated !== true) return undefined
    const named = new Set(principal.values.map(value => value.replace(/^AWS:/, '')))
    const missing = [...named].find(value => {
      const account = parseArn(value)?.account
      return account !== undefined && isAccountId(account) && !named.has(accountRootArn(account)) && !named.has(account)
    })
    if (missing === undefined) return undefined
    const { account, service } = parseArn(missing)!
    const more = service === 'sts' ? ', and the ARN of its role' : ''
    return `denies ${missing} too: a NotPrincipal spares only whom it names in full. Name ${accountRootArn(account)} beside it${more}, or deny "Principal": "*" with a condition on aws:PrincipalArn`
  }),
}
