import { applyOrganization, organizationMembers, parseOrganization } from '../../src/accounts/index.ts'
import type { OrganizationMembers } from '../../src/accounts/index.ts'
import type { AccessCheck, AccessFacts, AccessResource, PolicySources } from '../../src/authorization/index.ts'
import { seededRandom } from '../../src/base/index.ts'
import type { Caller, NetworkPath } from '../../src/base/index.ts'
import {
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileTrustPolicy,
} from '../../src/policy/index.ts'

/** A scenario as its file has it. Account 111122223333 owns the key unless it says otherwise. */
export interface Scenario {
  readonly name: string
  readonly question: {
    /** `root`, `user/NAME`, `role/NAME/SESSION`, `federated-user/USER/NAME`, `web-identity/SUBJECT`, `service/NAME` (a service as itself); of another account with its id and a colon before it. */
    readonly caller: string
    readonly action: string
    /** `key`, `role` (to be assumed: `policies.trust`), `none`, or the ARN of something else. */
    readonly resource: string
    /** `public` (the default), or the id of an endpoint. */
    readonly through?: string
    /** The service that acts for the caller: it comes through no door of the caller's. */
    readonly via?: string
    readonly vpc?: string
    /** The account that the endpoint is of. */
    readonly endpointAccount?: string
    readonly clientAddress?: string
    readonly context?: Readonly<Record<string, string | readonly string[]>>
    readonly keyTags?: Readonly<Record<string, string>>
    readonly aliases?: readonly string[]
    readonly principalTags?: Readonly<Record<string, string>>
    /** Whether the operation may be permitted to other accounts; true unless it says otherwise. */
    readonly crossAccount?: boolean
    /** ISO 8601. */
    readonly at?: string
    readonly userAgent?: string
  }
  readonly policies: {
    readonly trust?: unknown
    readonly key?: unknown
    readonly identity?: readonly unknown[]
    readonly boundary?: unknown
    readonly session?: readonly unknown[]
    readonly endpoint?: unknown
  }
  /** What is so of whole accounts. */
  readonly accounts?: { readonly closed?: readonly string[] }
  /** As `postern organization apply` takes it, and `documents` by the names that it attaches. All accounts that it names are there. */
  readonly organization?: unknown
  readonly expected: {
    readonly allowed: boolean
    readonly refusedBy?: string
    readonly explicit?: boolean
    readonly message?: string
    readonly byEndpointOnly?: boolean
  }
}

const account = '111122223333'
const keyArn = `arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const standardKeyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
}
const standardEndpointPolicy = { Statement: [{ Action: '*', Effect: 'Allow', Principal: '*', Resource: '*' }] }

/** Turns a scenario into what the authorizer is given. */
export function readScenario({ question, policies, accounts, organization }: Scenario): {
  readonly facts: AccessFacts
  readonly check: AccessCheck
  readonly sources: PolicySources
} {
  const source = { kind: 'test', name: 'scenario' } as never
  const identity = (policies.identity ?? []).map(each => compileIdentityPolicy(JSON.stringify(each), source))
  const endpoint = compileEndpointPolicy(JSON.stringify(policies.endpoint ?? standardEndpointPolicy), source)
  return {
    facts: {
      requestId: 'scenario',
      caller: { ...callerOf(question.caller), tags: question.principalTags ?? {} },
      path: pathOf(question),
      region: 'us-west-2',
      now: Date.parse(question.at ?? '2026-11-24T12:00:00Z'),
      ...(question.userAgent === undefined ? {} : { userAgent: question.userAgent }),
    },
    check: {
      action: question.action,
      resource:
        question.resource === 'role'
          ? roleOf(policies.trust, source)
          : resourceOf(question, compileKeyPolicy(JSON.stringify(policies.key ?? standardKeyPolicy), source)),
      ...(question.context === undefined ? {} : { context: question.context }),
    },
    sources: {
      policiesOf: async () => ({
        identity,
        ...(policies.boundary === undefined
          ? {}
          : { boundary: compileIdentityPolicy(JSON.stringify(policies.boundary), source) }),
        ...(policies.session === undefined
          ? {}
          : { session: policies.session.map(each => compileIdentityPolicy(JSON.stringify(each), source)) }),
      }),
      endpointPolicy: async () => endpoint,
      isOpenAccount: async id => !(accounts?.closed ?? []).includes(id),
      organizationMembers: async () => (organization === undefined ? undefined : membersOf(organization)),
    },
  }
}

function membersOf(organization: unknown): OrganizationMembers {
  const { documents = {}, ...description } = organization as { readonly documents?: Readonly<Record<string, unknown>> }
  const texts = new Map(Object.entries(documents).map(([name, document]) => [name, JSON.stringify(document)]))
  const plan = parseOrganization(description, {
    documents: { service: texts, resource: texts },
    hasAccount: () => true,
  })
  return organizationMembers(applyOrganization(plan, undefined, seededRandom(20_261_124)).organization)
}

function callerOf(text: string): Caller {
  const [owner, name = ''] = text.includes(':') ? text.split(':') : [account, text]
  const of = { account: owner!, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', tags: {} }
  const [kind, ...rest] = name.split('/')
  const issuedAt = Date.parse('2026-11-24T11:00:00Z')
  if (kind === 'root') return { ...of, kind: 'root', arn: `arn:aws:iam::${owner}:root`, userId: owner!, issuedAt }
  if (kind === 'user') {
    return { ...of, kind: 'user', userName: rest.at(-1)!, userId: 'AIDAEXAMPLE', arn: `arn:aws:iam::${owner}:${name}` }
  }
  if (kind === 'federated-user') return federatedUser(of, rest)
  if (kind === 'web-identity') return webIdentity(of, rest.join('/'))
  if (kind === 'service') return { ...of, kind, arn: rest[0]!, userId: rest[0]!, serviceName: rest[0]! }
  const [roleName = '', sessionName = ''] = rest
  return {
    ...of,
    kind: 'role-session',
    roleName,
    sessionName,
    roleId: 'AROAEXAMPLE',
    userId: `AROAEXAMPLE:${sessionName}`,
    roleArn: `arn:aws:iam::${owner}:role/${roleName}`,
    arn: `arn:aws:sts::${owner}:assumed-role/${roleName}/${sessionName}`,
    issuedAt,
    expiresAt: Date.parse('2026-11-24T23:00:00Z'),
  }
}

type CallerBase = Pick<Caller, 'account' | 'accessKeyId' | 'tags'>

function federatedUser(of: CallerBase, [userName = '', name = '']: readonly string[]): Caller {
  const { account: owner } = of
  return {
    ...of,
    kind: 'federated-user',
    name,
    arn: `arn:aws:sts::${owner}:federated-user/${name}`,
    userId: `${owner}:${name}`,
    issuer: { userName, userId: 'AIDAEXAMPLE', arn: `arn:aws:iam::${owner}:user/${userName}` },
    limits: { documents: [], policyArns: [] },
    issuedAt: Date.parse('2026-11-24T11:00:00Z'),
    expiresAt: Date.parse('2026-11-24T23:00:00Z'),
  }
}

function webIdentity(of: CallerBase, subject: string): Caller {
  const name = 'token.example.com'
  return {
    ...of,
    kind: 'web-identity',
    arn: `arn:aws:iam::${of.account}:oidc-provider/${name}`,
    userId: `${name}:sts.amazonaws.com:${subject}`,
    issuer: `https://${name}`,
    subject,
    audience: 'sts.amazonaws.com',
    conditionKeys: { [`${name}:sub`]: subject, [`${name}:aud`]: 'sts.amazonaws.com' },
    requested: { tags: {}, transitiveTagKeys: [] },
  }
}

function pathOf({
  caller,
  via,
  through = 'public',
  vpc,
  endpointAccount = account,
  clientAddress,
}: Scenario['question']): NetworkPath {
  const serviceName = via ?? /service\/(.*)/.exec(caller)?.[1]
  if (serviceName !== undefined) return { kind: 'service', serviceName, clientAddress: serviceName }
  if (through === 'public')
    return { kind: 'public', clientAddress: clientAddress ?? '203.0.113.7', secureTransport: true }
  return {
    kind: 'endpoint',
    endpointId: through,
    endpointAccount,
    vpcId: vpc ?? 'vpc-0abc',
    region: 'us-west-2',
    service: 'kms',
    clientAddress: clientAddress ?? '10.0.1.33',
  }
}

function roleOf(trust: unknown, source: never): AccessResource {
  const policy = compileTrustPolicy(JSON.stringify(trust), source)
  return { kind: 'role', arn: `arn:aws:iam::${account}:role/target`, account, policy, tags: {} }
}

function resourceOf(question: Scenario['question'], policy: ReturnType<typeof compileKeyPolicy>): AccessResource {
  if (question.resource === 'none') return { kind: 'none', account: callerOf(question.caller).account }
  if (question.resource !== 'key') {
    return { kind: 'named', arn: question.resource, account: question.resource.split(':')[4]! }
  }
  return {
    kind: 'key',
    arn: keyArn,
    account,
    policy,
    context: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:KeyUsage': 'ENCRYPT_DECRYPT', 'kms:KeyOrigin': 'AWS_KMS' },
    tags: question.keyTags ?? {},
    aliases: question.aliases ?? [],
    crossAccount: question.crossAccount ?? true,
  }
}
