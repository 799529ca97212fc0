import ipaddr from 'ipaddr.js'
import { asciiLower, formatArn, parseArn } from '../../base/index.ts'
import type { NetworkPath } from '../../base/index.ts'
import type { AccessCheck, AccessFacts, AccessResource, ConditionValues } from '../access.ts'
import { conditionContext } from '../condition-context.ts'
import { isCrossAccountAction } from '../cross-account-actions.ts'
import type { Place } from './place.ts'
import { callerAt, homeAccount } from './question-caller.ts'
import { grantsAt } from './question-grants.ts'
import type { GivenGrant } from './question-grants.ts'
import { keyPolicyAt, trustPolicyAt } from './question-policies.ts'
import type { GivenDocument, GivenPolicies } from './question-policies.ts'

/** One permission on one resource, as a question file has it. */
export interface AskedCheck {
  readonly action: string
  readonly resource: string
  readonly context?: ConditionValues
  readonly keyTags?: Readonly<Record<string, string>>
  readonly aliases?: readonly string[]
  /** Where it is asked for, where that is not the request's Region. */
  readonly region?: string
  readonly wording?: 'resource' | 'nowhere' | 'ciphertext'
  /** The policy of this key, or of this role, where the file has another for the first. */
  readonly key?: GivenDocument
  readonly trust?: GivenDocument
}

/** The question of a question file. */
export interface Asked extends Omit<AskedCheck, 'key' | 'trust'> {
  readonly caller: string
  readonly principalTags?: Readonly<Record<string, string>>
  readonly through?: string
  readonly via?: string
  readonly vpc?: string
  readonly endpointAccount?: string
  readonly clientAddress?: string
  readonly region?: string
  readonly at?: string
  readonly userAgent?: string
  /** The resource on whose behalf a service asks. */
  readonly sourceArn?: string
  readonly also?: readonly AskedCheck[]
}

const standardRegion = 'us-west-2'
const standardInstant = '2026-11-24T12:00:00Z'
const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'

/** Who asks, from where and when. @throws {ConfigError} */
export function askedFacts(asked: Asked, place: Place): AccessFacts {
  const { at = standardInstant, region = standardRegion, userAgent } = asked
  const now = Date.parse(at)
  if (!/^\d{4}-\d\d-\d\dT/.test(at) || Number.isNaN(now))
    throw place.member('at').fault('must be an instant like 2026-11-24T12:00:00Z')
  return {
    requestId: 'question',
    caller: callerAt(asked.caller, asked.principalTags ?? {}, place.member('caller')),
    path: pathOf(asked, region, place),
    region,
    now,
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}

function pathOf(asked: Asked, region: string, place: Place): NetworkPath {
  const { caller, via, through = 'public', vpc, endpointAccount, clientAddress, sourceArn } = asked
  const serviceName = via ?? /^(?:\d{12}:)?service\/(.*)/.exec(caller)?.[1]
  const isEndpoint = through !== 'public'
  if (serviceName !== undefined && (isEndpoint || clientAddress !== undefined))
    throw place.fault('is asked by a service, which comes through no door: leave out "through" and "clientAddress"')
  if (!isEndpoint && (vpc ?? endpointAccount) !== undefined)
    throw place.fault('names a VPC or the account of an endpoint: name the endpoint with "through" too')
  if (clientAddress !== undefined && !isAddress(clientAddress))
    throw place.member('clientAddress').fault('must be an IP address')
  if (serviceName === undefined && sourceArn !== undefined)
    throw place.member('sourceArn').fault('is what a service asks on behalf of: name the service with "via"')
  const source = sourceArn === undefined ? {} : { sourceArn }
  if (serviceName !== undefined) return { kind: 'service', serviceName, clientAddress: serviceName, ...source }
  if (!isEndpoint) return { kind: 'public', clientAddress: clientAddress ?? '203.0.113.7', secureTransport: true }
  return {
    kind: 'endpoint',
    endpointId: through,
    endpointAccount: endpointAccount ?? homeAccount,
    vpcId: vpc ?? 'vpc-0abc',
    region,
    service: 'kms',
    clientAddress: clientAddress ?? '10.0.1.33',
  }
}

const isAddress = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)

/** All permissions that are asked for, with the policies of what they are asked on. @throws {ConfigError} */
export function askedChecks(
  asked: Asked,
  policies: GivenPolicies,
  facts: AccessFacts,
  place: Place,
): readonly AccessCheck[] {
  const question = place.member('question')
  const { grants } = policies
  const own = { key: policies.key, trust: policies.trust, grants, place: place.member('policies') }
  const others = (asked.also ?? []).map((each, index) => {
    const at = question.member('also').item(index)
    const given = { key: each.key ?? policies.key, trust: each.trust ?? policies.trust, grants, place: at }
    return checkOf(each, given, facts, at)
  })
  return [checkOf(asked, own, facts, question), ...others]
}

interface ResourcePolicies {
  readonly key: GivenDocument | undefined
  readonly trust: GivenDocument | undefined
  readonly grants: readonly GivenGrant[] | undefined
  readonly place: Place
}

function checkOf(
  asked: Omit<AskedCheck, 'key' | 'trust'>,
  policies: ResourcePolicies,
  facts: AccessFacts,
  place: Place,
): AccessCheck {
  const { action, context = {}, wording } = asked
  const { region = facts.region } = asked
  const resource = resourceOf(asked, policies, { ...facts, region })
  const elsewhere = region === facts.region ? {} : { region }
  const check: AccessCheck = { action, resource, ...elsewhere, ...(wording === undefined ? {} : { wording }) }
  const settled = conditionContext(facts, check, undefined)
  const twice = Object.keys(context).find(name => settled.has(asciiLower(name)))
  if (twice !== undefined)
    throw place.member('context').fault(`has ${twice}, which other members of the question settle already`)
  if (policies.grants === undefined || resource.kind !== 'key') return { ...check, context }
  const { arn } = resource
  return { ...check, context, grants: grantsAt(policies.grants, { action, arn, context }, facts, policies.place) }
}

function resourceOf(
  asked: Omit<AskedCheck, 'key' | 'trust'>,
  policies: ResourcePolicies,
  { caller, region }: AccessFacts,
): AccessResource {
  const { resource, action } = asked
  const arn = arnOf(resource, region)
  if (arn === undefined) return { kind: 'none', account: caller.account }
  const { account, service, resource: name } = parseArn(arn) ?? { account: '', service: '', resource: '' }
  if (service === 'iam' && name.startsWith('role/') && action.startsWith('sts:'))
    return { kind: 'role', arn, account, policy: trustPolicyAt(policies.trust, policies.place), tags: {} }
  if (service !== 'kms' || !/^key\/[\w-]+$/.test(name)) return { kind: 'named', arn, account }
  return {
    kind: 'key',
    arn,
    account,
    policy: keyPolicyAt(policies.key, account, policies.place),
    context: keyContext(asked.context),
    tags: asked.keyTags ?? {},
    aliases: asked.aliases ?? [],
    crossAccount: isCrossAccountAction(action),
    ...(action === 'kms:RetireGrant' ? { isGrant: true } : {}),
  }
}

function arnOf(resource: string, region: string): string | undefined {
  switch (resource) {
    case 'none':
      return undefined
    case 'key':
      return formatArn('kms', region, homeAccount, `key/${keyId}`)
    case 'role':
      return formatArn('iam', '', homeAccount, 'role/target')
    default:
      return resource
  }
}

/** What a key has where the question does not say otherwise: a symmetric one, made here. */
function keyContext(given: ConditionValues = {}): ConditionValues {
  const names = new Set(Object.keys(given).map(asciiLower))
  const standard: ConditionValues = {
    'kms:KeySpec': 'SYMMETRIC_DEFAULT',
    'kms:KeyUsage': 'ENCRYPT_DECRYPT',
    'kms:KeyOrigin': 'AWS_KMS',
    'kms:MultiRegion': 'false',
  }
  return Object.fromEntries(Object.entries(standard).filter(([name]) => !names.has(asciiLower(name))))
}
