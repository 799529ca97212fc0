import { formatArn, isAccountId, parseArn, unreachable } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import type { Place } from './place.ts'

/** The account of whoever a question names without one, and of its key. */
export const homeAccount = '111122223333'

const kinds = ['root', 'user', 'user-session', 'role', 'federated-user', 'web-identity', 'service'] as const
type Kind = (typeof kinds)[number]

interface CallerName {
  readonly account: string
  readonly kind: Kind
  readonly parts: readonly string[]
}

type CallerBase = Pick<Caller, 'account' | 'accessKeyId' | 'tags'>

const times = { issuedAt: Date.parse('2026-11-24T11:00:00Z'), expiresAt: Date.parse('2026-11-24T23:00:00Z') }
const forms =
  'root, user/NAME, user-session/NAME (a user by GetSessionToken), role/NAME/SESSION, federated-user/USER/NAME, web-identity/SUBJECT or service/NAME, with the id of an account and a colon before it where it is of another, or an ARN'

/**
 * Who asks: `user/alice`, `444455556666:role/app/one`, or the ARN of a user, of root or of a session of a role.
 *
 * @throws {ConfigError}
 */
export function callerAt(text: string, tags: Readonly<Record<string, string>>, place: Place): Caller {
  const { account, kind, parts } = text.startsWith('arn:') ? nameOfArn(text, place) : shortName(text, place)
  const of: CallerBase = { account, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', tags }
  const needed = { root: 0, user: 1, 'user-session': 1, role: 2, 'federated-user': 2, 'web-identity': 1, service: 1 }
  if (parts.length < needed[kind] || (kind === 'root' && parts.length > 0) || parts.includes(''))
    throw place.fault(`must be ${forms}`)
  switch (kind) {
    case 'root':
      return { ...of, kind, arn: formatArn('iam', '', account, 'root'), userId: account, issuedAt: times.issuedAt }
    case 'user':
      return user(of, parts)
    case 'user-session':
      return { ...user(of, parts), session: times }
    case 'role':
      return roleSession(of, parts)
    case 'federated-user':
      return federatedUser(of, parts)
    case 'web-identity':
      return webIdentity(of, parts.join('/'))
    case 'service':
      return { ...of, kind, arn: parts[0]!, userId: parts[0]!, serviceName: parts[0]! }
    default:
      return unreachable(kind)
  }
}

function shortName(text: string, place: Place): CallerName {
  const [, account = homeAccount, name = ''] = /^(?:(\d{12}):)?(.*)$/s.exec(text)!
  const [kind, ...parts] = name.split('/')
  const known = kinds.find(each => each === kind)
  if (known === undefined) throw place.fault(`must be ${forms}`)
  return { account, kind: known, parts }
}

function nameOfArn(text: string, place: Place): CallerName {
  const { service, account, resource } = parseArn(text) ?? { service: '', account: '', resource: '' }
  const [kind, ...parts] = resource.split('/')
  if (!isAccountId(account)) throw place.fault('must be an ARN of a user, of root or of a session of a role')
  if (service === 'iam' && (kind === 'root' || kind === 'user')) return { account, kind, parts }
  if (service === 'sts' && kind === 'assumed-role') return { account, kind: 'role', parts }
  const advice =
    kind === 'federated-user'
      ? 'must name the user of a federated user too: federated-user/USER/NAME'
      : 'must be an ARN of a user, of root or of a session of a role: a role itself does not ask, arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION does'
  throw place.fault(advice)
}

function user(of: CallerBase, parts: readonly string[]): Extract<Caller, { readonly kind: 'user' }> {
  const arn = formatArn('iam', '', of.account, `user/${parts.join('/')}`)
  return { ...of, kind: 'user', userName: parts.at(-1)!, userId: 'AIDAEXAMPLE', arn }
}

/** The role may have a path; its session has none. */
function roleSession(of: CallerBase, parts: readonly string[]): Caller {
  const sessionName = parts.at(-1)!
  const roleName = parts.at(-2)!
  return {
    ...of,
    ...times,
    kind: 'role-session',
    roleName,
    sessionName,
    roleId: 'AROAEXAMPLE',
    userId: `AROAEXAMPLE:${sessionName}`,
    roleArn: formatArn('iam', '', of.account, `role/${parts.slice(0, -1).join('/')}`),
    arn: formatArn('sts', '', of.account, `assumed-role/${roleName}/${sessionName}`),
  }
}

function federatedUser(of: CallerBase, parts: readonly string[]): Caller {
  const { account } = of
  const name = parts.at(-1)!
  const { arn, userId, userName } = user(of, parts.slice(0, -1))
  return {
    ...of,
    ...times,
    kind: 'federated-user',
    name,
    arn: formatArn('sts', '', account, `federated-user/${name}`),
    userId: `${account}:${name}`,
    issuer: { userName, userId, arn },
    limits: { documents: [], policyArns: [] },
  }
}

function webIdentity(of: CallerBase, subject: string): Caller {
  const name = 'token.example.com'
  const arn = formatArn('iam', '', of.account, `oidc-provider/${name}`)
  return {
    ...of,
    kind: 'web-identity',
    arn,
    userId: `${arn}:sts.amazonaws.com:${subject}`,
    issuer: `https://${name}`,
    subject,
    audience: 'sts.amazonaws.com',
    conditionKeys: { [`${name}:sub`]: subject, [`${name}:aud`]: 'sts.amazonaws.com' },
    requested: { tags: {}, transitiveTagKeys: [] },
  }
}
