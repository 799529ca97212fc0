// A second evaluator, written from AWS's documentation and from nothing in src/: slow, plain, and only for the documents that
// random-policies.test.ts makes.

export interface NaiveStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | { readonly AWS: readonly string[] }
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** A grant as ListGrants shows it: principals by their ARNs, since here nobody is ever made anew. */
export interface NaiveGrant {
  readonly GranteePrincipal: string
  readonly IssuingAccount: string
  readonly KeyId: string
  readonly Operations: readonly string[]
  readonly Constraints: {
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>
  }
}

export interface NaiveQuestion {
  /** ARN of the user or of the role session; `root` ARN for root. */
  readonly caller: string
  /** ARN of the role of a session. */
  readonly role?: string
  readonly callerAccount: string
  readonly keyAccount: string
  readonly keyArn: string
  readonly action: string
  readonly context: Readonly<Record<string, string>>
  readonly keyPolicy: readonly NaiveStatement[]
  readonly identity: readonly NaiveStatement[]
  readonly boundary?: readonly NaiveStatement[]
  readonly session?: readonly NaiveStatement[]
  readonly endpoint?: readonly NaiveStatement[]
  /** Service control policies, level by level. */
  readonly serviceControl?: readonly (readonly NaiveStatement[])[]
  /** Resource control policies: denials only. */
  readonly resourceControl?: readonly NaiveStatement[]
  readonly encryptionContext?: Readonly<Record<string, string>>
  readonly grants?: readonly NaiveGrant[]
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text)

type Named = 'everyone' | 'account' | 'self' | 'role' | undefined

function named(statement: NaiveStatement, question: NaiveQuestion): Named {
  const { Principal: principal } = statement
  if (principal === undefined || principal === '*') return 'everyone'
  if (principal.AWS.includes('*')) return 'everyone'
  if (principal.AWS.includes(question.caller) && !question.caller.endsWith(':root')) return 'self'
  if (question.role !== undefined && principal.AWS.includes(question.role)) return 'role'
  const root = `arn:aws:iam::${question.callerAccount}:root`
  if (principal.AWS.includes(root) || principal.AWS.includes(question.callerAccount)) return 'account'
  return undefined
}

function holds(statement: NaiveStatement, question: NaiveQuestion): boolean {
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      const actual = question.context[key]
      const ok = {
        StringEquals: actual !== undefined && values.includes(actual),
        StringNotEquals: actual === undefined || !values.includes(actual),
        StringLike: actual !== undefined && values.some(value => like(value, actual)),
        StringEqualsIfExists: actual === undefined || values.includes(actual),
        Null: values.some(value => (value === 'true') === (actual === undefined)),
      }[operator]
      if (ok !== true) return false
    }
  }
  return true
}

const applies = (statement: NaiveStatement, question: NaiveQuestion): boolean =>
  named(statement, question) !== undefined &&
  statement.Action.some(pattern => like(pattern.toLowerCase(), question.action.toLowerCase())) &&
  statement.Resource.some(pattern => like(pattern, question.keyArn)) &&
  holds(statement, question)

const lines = (pairs: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(pairs)
    .map(([name, value]) => JSON.stringify({ [name]: value }))
    .sort()

/** How a grant of the operation on the key, whose constraints are met, names the caller. */
function granted(grant: NaiveGrant, question: NaiveQuestion): Named {
  const { caller, role, callerAccount, action, keyArn } = question
  const { Operations, Constraints, GranteePrincipal: grantee } = grant
  if (grant.KeyId !== keyArn || !Operations.map(operation => `kms:${operation}`).includes(action)) return undefined
  const present = lines(question.encryptionContext)
  const { EncryptionContextEquals: exact, EncryptionContextSubset: some } = Constraints
  if (exact !== undefined && lines(exact).join('\n') !== present.join('\n')) return undefined
  if (some !== undefined && lines(some).some(line => !present.includes(line))) return undefined
  if (grantee === `arn:aws:iam::${callerAccount}:root`) return 'account'
  if (grantee === caller) return 'self'
  return grantee === role ? 'role' : undefined
}

/** Whether the call is allowed. */
export function naivelyAllows(question: NaiveQuestion): boolean {
  const isRoot = question.caller.endsWith(':root')
  const identity = isRoot ? [] : question.identity
  const { serviceControl = [], resourceControl = [] } = question
  const own = [question.keyPolicy, identity, question.boundary, question.session, question.endpoint]
  const layers = [...own, ...serviceControl, resourceControl]
  const matching = (layer: readonly NaiveStatement[] | undefined): readonly NaiveStatement[] =>
    (layer ?? []).filter(statement => applies(statement, question))
  if (layers.some(layer => matching(layer).some(statement => statement.Effect === 'Deny'))) return false
  const allows = (layer: readonly NaiveStatement[] | undefined): boolean =>
    layer === undefined || matching(layer).some(statement => statement.Effect === 'Allow')
  if (!allows(question.endpoint) || !serviceControl.every(allows)) return false
  const byOwnRights = (isRoot || allows(identity)) && allows(question.boundary) && allows(question.session)
  const isForeign = question.callerAccount !== question.keyAccount
  // Named as itself or as anyone: no implicit refusal of the caller's own policies counts. By its role: those of its limits do.
  const suffices = (way: Named): boolean => {
    if (way === 'everyone' || way === 'self') return true
    if (way === 'role') return allows(question.boundary) && allows(question.session)
    return way === 'account' && byOwnRights
  }
  for (const grant of question.grants ?? []) {
    const way = granted(grant, question)
    // In another account its policies must agree, unless the grant is its own.
    const isOwn = grant.IssuingAccount === question.callerAccount
    if (way !== undefined && (isForeign && !isOwn ? byOwnRights : suffices(way))) return true
  }
  const ways = matching(question.keyPolicy).map(statement => named(statement, question))
  // Another account: the key policy and the caller's own policies must both allow it.
  return isForeign ? ways.length > 0 && byOwnRights : ways.some(suffices)
}
