import { asciiLower, formatArn, formatInstant, principalArn, unreachable } from '../base/index.ts'
import type { Caller } from '../base/index.ts'
import type { ContextValue } from '../policy/index.ts'
import type { AccessCheck, AccessFacts, ConditionValues } from './access.ts'

/**
 * The condition keys of one check, by lower-case name, with AWS's rules of presence: `aws:SourceIp` on the public way only,
 * the `aws:SourceVpc…` family only through an endpoint, `aws:TokenIssueTime` only for temporary credentials.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function conditionContext(facts: AccessFacts, check: AccessCheck): ReadonlyMap<string, ContextValue> {
  const { caller, region, now } = facts
  const context = new Map<string, ContextValue>([
    ['aws:principalarn', principalArn(caller)],
    ['aws:principalaccount', caller.account],
    ['aws:principaltype', principalType(caller)],
    ['aws:principalisawsservice', 'false'],
    ['aws:viaawsservice', 'false'],
    ['aws:userid', caller.userId],
    ['aws:requestedregion', region],
    ['aws:resourceaccount', check.resource.account],
    ['aws:currenttime', formatInstant(now)],
    ['aws:epochtime', String(Math.floor(now / 1_000))],
  ])
  for (const [name, value] of Object.entries(caller.tags)) addValue(context, `aws:principaltag/${name}`, value)
  if (caller.kind === 'user') context.set('aws:username', caller.userName)
  if (caller.kind !== 'user') {
    context.set('aws:tokenissuetime', formatInstant(caller.issuedAt))
    context.set('aws:multifactorauthpresent', 'false')
  }
  if (facts.userAgent !== undefined) context.set('aws:useragent', facts.userAgent)
  if (facts.referer !== undefined) context.set('aws:referer', facts.referer)
  addNetworkPath(context, facts)
  if (check.resource.kind === 'key' || check.action === 'kms:CreateKey')
    context.set('kms:calleraccount', caller.account)
  if (check.resource.kind === 'key') addValues(context, check.resource.context)
  if (check.context !== undefined) addValues(context, check.context)
  return context
}

function addNetworkPath(context: Map<string, ContextValue>, { path }: AccessFacts): void {
  switch (path.kind) {
    case 'public':
      context.set('aws:sourceip', path.clientAddress)
      context.set('aws:securetransport', String(path.secureTransport))
      return
    case 'endpoint':
      context.set('aws:sourcevpce', path.endpointId)
      context.set('aws:sourcevpc', path.vpcId)
      context.set('aws:sourcevpcarn', formatArn('ec2', path.region, path.endpointAccount, `vpc/${path.vpcId}`))
      context.set('aws:vpcsourceip', path.clientAddress)
      context.set('aws:vpceaccount', path.endpointAccount)
      context.set('aws:securetransport', 'true')
      return
    default:
      unreachable(path)
  }
}

function principalType(caller: Caller): string {
  switch (caller.kind) {
    case 'root':
      return 'Account'
    case 'user':
      return 'User'
    case 'role-session':
      return 'AssumedRole'
  }
}

function addValues(context: Map<string, ContextValue>, values: ConditionValues): void {
  for (const [name, value] of Object.entries(values)) addValue(context, name, value)
}

function addValue(context: Map<string, ContextValue>, name: string, value: string | readonly string[]): void {
  const key = asciiLower(name)
  const known = context.get(key)
  if (known === undefined || typeof value !== 'string') context.set(key, value)
  else if (typeof known === 'string') context.set(key, { oneOf: [known, value] })
  else if ('oneOf' in known) context.set(key, { oneOf: [...known.oneOf, value] })
}

const empty: ReadonlyMap<string, ContextValue> = new Map()

/** The keys that identity policies see and key policies do not: tags and aliases of the resource. */
export function identityContext({ resource }: AccessCheck): ReadonlyMap<string, ContextValue> {
  if (resource.kind === 'none') return empty
  const tags = Object.entries(resource.tags ?? {})
  const aliases = resource.kind === 'key' ? resource.aliases : []
  if (tags.length === 0 && aliases.length === 0) return empty
  const context = new Map<string, ContextValue>()
  for (const [name, value] of tags) addValue(context, `aws:resourcetag/${name}`, value)
  if (aliases.length > 0) context.set('kms:resourcealiases', aliases)
  return context
}
