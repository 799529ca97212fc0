import type { ContextPairs, GrantConstraints, GrantFacts, GrantOpinion, GrantsAsked } from './grant.ts'
import type { Question } from './question.ts'

/** Looks at one grant: whether it gives the permission that is asked for, by which name of the principal, or why not. */
export function considerGrant(grant: GrantFacts, question: Question, asked: GrantsAsked): GrantOpinion {
  const refuse = (reason: string): GrantOpinion => ({ grant, applies: false, reason })
  // A key of the same id may be named in another account: that is not this key.
  if (grant.keyArn !== question.resource.arn) return refuse(`it is of ${grant.keyArn}`)
  if (question.resource.kind === 'grant') return considerRetiring(grant, question)
  const match = question.principal.ids?.get(grant.grantee.id)
  if (match === undefined) return refuse(`it is for ${grant.grantee.arn}, ${grant.grantee.id}`)
  const operation = operationOf(question.action)
  if (!grant.operations.includes(operation)) return refuse(`it does not list ${operation}`)
  const unmet = unmetConstraint(grant, asked)
  return unmet === undefined ? { grant, applies: true, match } : refuse(unmet)
}

/** `kms:Decrypt` is `Decrypt` to a grant. */
const operationOf = (action: string): string => action.slice(action.indexOf(':') + 1)

/**
 * Who may retire a grant: whom it names for that, its grantee where it lists RetireGrant, and the account that issued it. No
 * constraint limits that. https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
 */
function considerRetiring(grant: GrantFacts, { principal }: Question): GrantOpinion {
  const { retiring, grantee, operations, issuingAccount } = grant
  const match =
    (retiring === undefined ? undefined : principal.ids?.get(retiring.id)) ??
    (operations.includes('RetireGrant') ? principal.ids?.get(grantee.id) : undefined) ??
    (principal.kind === 'root' && principal.account === issuingAccount ? 'account' : undefined)
  if (match !== undefined) return { grant, applies: true, match }
  const named =
    retiring === undefined ? 'it names nobody to retire it' : `it names ${retiring.arn}, ${retiring.id}, to retire it`
  const grantees = operations.includes('RetireGrant') ? `, and lists RetireGrant for ${grantee.arn}, ${grantee.id}` : ''
  return { grant, applies: false, reason: `${named}${grantees}` }
}

function unmetConstraint({ constraints, operations }: GrantFacts, { use, sourceArn }: GrantsAsked): string | undefined {
  if (constraints.sourceArn !== undefined && constraints.sourceArn !== sourceArn)
    return `the request is not made on behalf of ${constraints.sourceArn}`
  switch (use.kind) {
    case 'no-encryption-context':
      return undefined
    case 'encryption-context':
      return unmetContext(constraints, use.pairs)
    case 'new-grant': {
      const more = use.operations.filter(operation => !operations.includes(operation))
      if (more.length > 0) return `the new grant would list ${more.join(', ')}, which this one does not`
      return isAsStrict(use.constraints, constraints) ? undefined : 'the new grant has constraints that are less strict'
    }
  }
}

function unmetContext(constraints: GrantConstraints, pairs: ContextPairs): string | undefined {
  const { encryptionContextEquals: exact, encryptionContextSubset: some } = constraints
  if (exact !== undefined && !isEqual(exact, pairs))
    return 'the encryption context is not exactly that of its constraint'
  if (some !== undefined && !includesAll(pairs, some)) return 'the encryption context lacks pairs of its constraint'
  return undefined
}

/** Whether whatever meets the one meets the other too. */
function isAsStrict(child: GrantConstraints, parent: GrantConstraints): boolean {
  if (parent.sourceArn !== undefined && child.sourceArn !== parent.sourceArn) return false
  const { encryptionContextEquals: exact, encryptionContextSubset: some } = parent
  // Of an exact context no other is stricter.
  if (exact !== undefined)
    return child.encryptionContextEquals !== undefined && isEqual(child.encryptionContextEquals, exact)
  if (some === undefined) return true
  return includesAll(child.encryptionContextEquals ?? child.encryptionContextSubset ?? {}, some)
}

const isEqual = (one: ContextPairs, other: ContextPairs): boolean =>
  Object.keys(one).length === Object.keys(other).length && includesAll(one, other)

const includesAll = (pairs: ContextPairs, wanted: ContextPairs): boolean =>
  Object.entries(wanted).every(([name, value]) => pairs[name] === value)
