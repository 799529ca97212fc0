import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyOrganization, organizationMembers, parseOrganization } from '../accounts/index.ts'
import { seededRandom } from '../base/index.ts'
import type { UserCaller } from '../base/index.ts'
import { compileIdentityPolicy, compileKeyPolicy } from '../policy/index.ts'
import { createAuthorizer } from './authorize.ts'
import { explainVerdict, formatExplanation } from './explain.ts'

const [account, manager] = ['111122223333', '999988887777']
const caller: UserCaller = {
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account}:user/alice`,
  userId: 'AIDAEXAMPLE',
  userName: 'alice',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  tags: {},
}
const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const documents = new Map([
  ['deny-regions.json', policy({ Sid: 'OnlyHere', Effect: 'Deny', Action: 'kms:*', Resource: '*' })],
  [
    'perimeter.json',
    policy({
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    }),
  ],
])

test('formatExplanation() tells what each level of the organization said, by its own policies', async () => {
  const plan = parseOrganization(
    {
      id: 'o-a1b2c3d4e5',
      managementAccount: manager,
      root: {
        resourcePolicies: ['perimeter.json'],
        // Nested under the same name: each has its own line.
        units: [
          {
            name: 'prod',
            servicePolicies: ['FullAWSAccess', 'deny-regions.json'],
            units: [{ name: 'prod', accounts: [account] }],
          },
        ],
      },
    },
    { documents: { service: documents, resource: documents }, hasAccount: () => true },
  )
  const members = organizationMembers(applyOrganization(plan, undefined, seededRandom(1)).organization)
  const everything = policy({ Effect: 'Allow', Action: '*', Resource: '*' })
  const authorizer = createAuthorizer({
    policiesOf: async () => ({ identity: [compileIdentityPolicy(everything, { name: 'inline policy "all"' })] }),
    endpointPolicy: async () => undefined,
    isOpenAccount: async () => true,
    organizationMembers: async () => members,
  })
  const key = policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })

  const verdict = await authorizer.authorize(
    {
      requestId: 'test',
      caller,
      path: { kind: 'public', clientAddress: '203.0.113.7', secureTransport: true },
      region: 'us-west-2',
      now: Date.UTC(2026, 10, 25),
    },
    [
      {
        action: 'kms:Decrypt',
        resource: {
          kind: 'key',
          account,
          arn: `arn:aws:kms:us-west-2:${account}:key/1`,
          policy: compileKeyPolicy(key, { name: 'key policy' }),
          context: {},
          tags: {},
          aliases: [],
          crossAccount: true,
        },
      },
    ],
  )

  const text = formatExplanation(explainVerdict(verdict))
  assert.equal(
    text.slice(text.indexOf('\n\n') + 2),
    `kms:Decrypt on arn:aws:kms:us-west-2:${account}:key/1: refused by: Service control policies of unit "prod"
  Service control policies of the root: allow
    Allow in FullAWSAccess, statement 1 applies
  Service control policies of unit "prod": explicit deny
    Allow in FullAWSAccess, statement 1 applies
    Deny in service control policy "deny-regions", statement 1 "OnlyHere" applies
  Service control policies of unit "prod/prod": allow
    Allow in FullAWSAccess, statement 1 applies
  Service control policies of account ${account}: allow
    Allow in FullAWSAccess, statement 1 applies
  Resource control policies: allow
    Allow in RCPFullAWSAccess, statement 1 applies
    Deny in resource control policy "perimeter" of the root, statement 1 does not apply: Condition did not match
      condition fails: StringNotEquals, aws:PrincipalOrgID is "o-a1b2c3d4e5", compared with "o-a1b2c3d4e5"
  Key policy: allow
    Allow in key policy, statement 1 applies
  Identity policies: allow
    Allow in inline policy "all", statement 1 applies
`,
  )
})
