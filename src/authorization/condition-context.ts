import type { OrganizationMembers } from '../accounts/index.ts'
import { formatArn, formatInstant, parseArn, unreachable, viaServiceName } from '../base/index.ts'
import type { ContextValue } from '../policy/index.ts'
import type { AccessCheck, AccessFacts } from './access.ts'
import { addCaller } from './caller-context.ts'
import { addValue, addValues } from './condition-values.ts'
import { addOrganization } from './organization-context.ts'

/**
 * The condition keys of one check, by lower-case name, with AWS's rules of presence: `aws:SourceIp` on the public way only,
 * the `aws:SourceVpc…` family only through an endpoint, `aws:TokenIssueTime` only for temporary credentials.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function conditionContext(
  facts: AccessFacts,
  check: AccessCheck,
  members: OrganizationMembers | undefined,
): ReadonlyMap<string, ContextValue> {
  const { caller, now } = facts
  const region = regionOf(facts, check)
  const context = new Map<string, ContextValue>([
    ['aws:requestedregion', region],
    ['aws:resourceaccount', check.resource.account],
    ['aws:currenttime', formatInstant(now)],
    ['aws:epochtime', String(Math.floor(now / 1_000))],
  ])
  addCaller(context, caller)
  if (facts.userAgent !== undefined) context.set('aws:useragent', facts.userAgent)
  if (facts.referer !== undefined) context.set('aws:referer', facts.referer)
  addNetworkPath(context, facts, check)
  if (isOfKey(check) || customStoreAction.test(check.action)) context.set('kms:calleraccount', caller.account)
  if (check.resource.kind === 'key') addValues(context, check.resource.context)
  if (check.context !== undefined) addValues(context, check.context)
  if (members !== undefined) addOrganization(context, members, facts, check)
  return context
}

/** The Region that a permission is asked for in. */
export function regionOf({ region }: AccessFacts, check: AccessCheck): string {
  return check.region ?? region
}

function addNetworkPath(context: Map<string, ContextValue>, facts: AccessFacts, check: AccessCheck): void {
  const { path, caller } = facts
  context.set('aws:viaawsservice', String(path.kind === 'service' && caller.kind !== 'service'))
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
    case 'service':
      context.set('aws:securetransport', 'true')
      if (caller.kind === 'service') addSource(context, path.sourceArn)
      else addCalledVia(context, path.serviceName, facts, check)
      return
    default:
      unreachable(path)
  }
}

const customStoreAction = /^kms:[A-Z][a-z]+CustomKeyStores?$/

/** Whether a check is on a key, or on the one that is to be made: the keys of KMS that tell of the caller are there for those only. */
const isOfKey = ({ resource, action }: AccessCheck): boolean => resource.kind === 'key' || action === 'kms:CreateKey'

/** On behalf of what a service acts as itself. Some resources, like buckets, have no account in their ARN. */
function addSource(context: Map<string, ContextValue>, sourceArn: string | undefined): void {
  if (sourceArn === undefined) return
  context.set('aws:sourcearn', sourceArn)
  const account = parseArn(sourceArn)?.account ?? ''
  if (account !== '') context.set('aws:sourceaccount', account)
}

/**
 * A call by a service for a caller; https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html. `kms:ViaService`
 * names the Region where the service is one of AWS's.
 */
function addCalledVia(context: Map<string, ContextValue>, name: string, facts: AccessFacts, check: AccessCheck): void {
  context.set('aws:calledvia', [name])
  context.set('aws:calledviafirst', name)
  context.set('aws:calledvialast', name)
  if (isOfKey(check)) context.set('kms:viaservice', viaServiceName(name, regionOf(facts, check)))
}

const userOrRole = /^arn:aws:iam::\d{12}:(?:user|role)\//

const empty: ReadonlyMap<string, ContextValue> = new Map()

/** The keys that identity policies see and key policies do not: tags and aliases of the resource. */
export function identityContext({ resource }: AccessCheck): ReadonlyMap<string, ContextValue> {
  if (resource.kind === 'none') return empty
  const tags = Object.entries(resource.tags ?? {})
  const aliases = resource.kind === 'key' ? resource.aliases : []
  if (tags.length === 0 && aliases.length === 0) return empty
  const context = new Map<string, ContextValue>()
  for (const [name, value] of tags) {
    addValue(context, `aws:resourcetag/${name}`, value)
    // IAM has the tags of users and roles, and of nothing else, under a name of its own too.
    if (userOrRole.test(resource.arn)) addValue(context, `iam:resourcetag/${name}`, value)
  }
  if (aliases.length > 0) context.set('kms:resourcealiases', aliases)
  return context
}
