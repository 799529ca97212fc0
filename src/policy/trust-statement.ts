import { asciiLower } from '../base/index.ts'
import type { JsonObject } from '../base/index.ts'
import { compilePattern } from './pattern.ts'
import { PolicyDocumentError } from './policy-document-error.ts'
import type { PolicyFault } from './policy-document-error.ts'
import { isPrincipal } from './principal.ts'

/** What a trust policy can permit, in lower case: to become the role, and what comes with that. */
const trustActions = [
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:setcontext',
  'sts:setsourceidentity',
  'sts:tagsession',
]

/**
 * What AWS wants of a statement of a trust policy, in AWS's order.
 *
 * @throws {PolicyDocumentError}
 */
export function checkTrustStatement(statement: JsonObject): void {
  const { Effect: effect, NotPrincipal: notPrincipal } = statement
  if (effect === undefined) throw refuse({ kind: 'missing-field', field: 'Effect' })
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw refuse({ kind: 'invalid-effect', effect: typeof effect === 'string' ? effect : JSON.stringify(effect) })
  }
  if (notPrincipal !== undefined) throw refuse({ kind: 'not-principal', effect })
  checkPrincipal(statement['Principal'])
  checkActions(statement)
  if ('Resource' in statement) throw refuse({ kind: 'prohibited-field', field: 'Resource' })
  if ('NotResource' in statement) throw refuse({ kind: 'prohibited-field', field: 'NotResource' })
}

const refuse = (reason: PolicyFault): PolicyDocumentError => new PolicyDocumentError(reason)

function checkPrincipal(principal: unknown): void {
  if (principal === undefined) throw refuse({ kind: 'missing-field', field: 'Principal' })
  if (typeof principal === 'string') throw refuse({ kind: 'principal-not-object' })
  // A list or the like is refused like any other element of a wrong form.
  if (typeof principal !== 'object' || principal === null || Array.isArray(principal)) return
  const kinds = Object.entries(principal)
  if (kinds.length === 0) throw refuse({ kind: 'empty-principal' })
  for (const [principalKind, listed] of kinds) {
    if (!['AWS', 'Service', 'Federated'].includes(principalKind))
      throw refuse({ kind: 'unknown-principal', principalKind })
    const values: readonly unknown[] = Array.isArray(listed) ? listed : [listed]
    const value = values.filter(each => typeof each === 'string').find(each => !isPrincipal(principalKind, each))
    if (value !== undefined) throw refuse({ kind: 'unknown-principal', principalKind, value })
  }
}

function checkActions({ Action: action, NotAction: notAction }: JsonObject): void {
  const given = action ?? notAction
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (given === undefined || values.length === 0) throw refuse({ kind: 'missing-field', field: 'Action' })
  if (values.some(value => typeof value === 'string' && !isToAssume(value)))
    throw refuse({ kind: 'action-not-to-assume' })
}

/** Whether an action of a statement, which may have wildcards behind `sts:`, is one of those that a trust policy is about. */
function isToAssume(action: string): boolean {
  const lower = asciiLower(action)
  if (!lower.startsWith('sts:')) return false
  const matches = compilePattern(lower, { wildcards: true, variables: false })
  return trustActions.some(name => matches(name, () => undefined) === true)
}
