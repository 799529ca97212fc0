import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyOrganization, organizationMembers, parseOrganization } from '../accounts/index.ts'
import { seededRandom } from '../base/index.ts'
import type { UserCaller } from '../base/index.ts'
import { compileIdentityPolicy, compileKeyPolicy, compileTrustPolicy } from '../policy/index.ts'
import { createAuthorizer } from './authorize.ts'
import { explainVerdict } from './explain.ts'
import type { Explanation } from './explain.ts'
import { formatExplanation } from './format-explanation.ts'
import { parseQuestionFile } from './questions/question-file.ts'

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
  Service control policies of the root: allow, by statement 1 of FullAWSAccess
    Allow in FullAWSAccess, statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
  Service control policies of unit "prod": explicit deny, by statement 1 "OnlyHere" of service control policy "deny-regions"
    Allow in FullAWSAccess, statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
    Deny in service control policy "deny-regions", statement 1 "OnlyHere" applies
      Action holds: kms:Decrypt is among "kms:*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
  Service control policies of unit "prod/prod": allow, by statement 1 of FullAWSAccess
    Allow in FullAWSAccess, statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
  Service control policies of account ${account}: allow, by statement 1 of FullAWSAccess
    Allow in FullAWSAccess, statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
  Resource control policies: allow, by statement 1 of RCPFullAWSAccess
    Allow in RCPFullAWSAccess, statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
    Deny in resource control policy "perimeter" of the root, statement 1 does not apply: Condition did not match
      Action holds: kms:Decrypt is among "kms:*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
      condition fails: StringNotEquals, aws:PrincipalOrgID is "o-a1b2c3d4e5", compared with "o-a1b2c3d4e5"
  Key policy: allow, by statement 1 of key policy
    Allow in key policy, statement 1 applies
      Principal holds: arn:aws:iam::${account}:user/alice is among "*"
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"
  Identity policies: allow, by statement 1 of inline policy "all"
    Allow in inline policy "all", statement 1 applies
      Action holds: kms:Decrypt is among "*"
      Resource holds: arn:aws:kms:us-west-2:${account}:key/1 is among "*"

Worth a look in these policies:
  key policy: statement 1 allows to everybody, of every account: name in Principal who is meant, or narrow it by aws:PrincipalOrgID, aws:PrincipalAccount or kms:CallerAccount [anyone]
`,
  )
})

/** The explanation of the question of a file: its JSON, and its text from the layers on. */
async function explain(file: object): Promise<readonly [Explanation, string]> {
  const { facts, checks, sources } = parseQuestionFile(JSON.stringify(file), 'q.json')
  const explanation = explainVerdict(await createAuthorizer(sources).authorize(facts, checks))
  const text = formatExplanation(explanation)
  return [explanation, text.slice(text.indexOf('  '))]
}

const question = { caller: 'user/alice', action: 'kms:Decrypt', resource: 'key' }
const keyArn = `arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const alice = `arn:aws:iam::${account}:user/alice`

test('an explanation has each element of each statement, with what it compared', async () => {
  const key = policy(
    { Effect: 'Allow', Principal: { AWS: account }, NotAction: 'kms:Sch*', Resource: '*' },
    { Effect: 'Deny', NotPrincipal: { AWS: [account, alice] }, Action: 'kms:*', NotResource: keyArn },
    { Effect: 'Allow', Principal: { Service: 'logs.amazonaws.com' }, Resource: '*' },
  )
  const identity = [
    JSON.parse(policy({ Effect: 'Allow', Action: 'kms:*', Resource: 'arn:aws:kms:*:*:key/${aws:username}' })),
  ]

  const [{ checks }, text] = await explain({ question, policies: { key: JSON.parse(key), identity } })

  const [resource] = checks[0]!.layers
  assert.deepEqual(resource!.by, { policy: 'key policy', statement: 1 })
  assert.equal(resource!.as, 'account')
  assert.deepEqual(resource!.statements[1]!.elements, [
    { element: 'NotPrincipal', matched: false, actual: alice, wanted: [`AWS:${account}`, `AWS:${alice}`] },
    { element: 'Action', matched: true, actual: 'kms:Decrypt', wanted: ['kms:*'] },
    { element: 'NotResource', matched: false, actual: keyArn, wanted: [keyArn] },
  ])
  assert.equal(
    text.split('\n\nWorth a look')[0],
    `  Key policy: allow, by statement 1 of key policy, which leaves it to the account's IAM policies
    Allow in key policy, statement 1 applies
      Principal holds: ${alice}, by its account, is among "${account}"
      NotAction holds: kms:Decrypt is not among "kms:Sch*"
      Resource holds: ${keyArn} is among "*"
    Deny in key policy, statement 2 does not apply: NotPrincipal and NotResource did not match
      NotPrincipal fails: ${alice} is among "${account}", "${alice}"
      Action holds: kms:Decrypt is among "kms:*"
      NotResource fails: ${keyArn} is among "${keyArn}"
    Allow in key policy, statement 3 does not apply: Principal and Action did not match
      Principal fails: ${alice} is not among "Service:logs.amazonaws.com"
      Action fails: the statement has none
      Resource holds: ${keyArn} is among "*"
  Identity policies: implicit deny, no statement allows
    Allow in identity policy 1, statement 1 does not apply: Resource did not match
      Action holds: kms:Decrypt is among "kms:*"
      Resource fails: ${keyArn} is not among "arn:aws:kms:*:*:key/alice"`,
  )
})

test('an explanation shows a few of many values, and its JSON all', async () => {
  const Action = Array.from({ length: 40 }, (_, index) => `s3:Action${index}`)
  const identity = [JSON.parse(policy({ Effect: 'Allow', Action, Resource: '*' }))]

  const [{ checks }, text] = await explain({ question, policies: { identity } })

  assert.match(text, /Action fails: kms:Decrypt is not among "s3:Action0", .*"s3:Action5" and 34 more$/m)
  assert.equal(checks[0]!.layers[1]!.statements[0]!.elements[0]!.wanted.length, 40)
})

test('an explanation of a role has no Resource of its trust policy, and says whose name was taken over', async () => {
  const bound = compileTrustPolicy(
    policy({ Effect: 'Allow', Principal: { AWS: alice }, Action: 'sts:AssumeRole' }),
    { name: 'trust policy' },
    { [alice]: 'AIDAFORMERALICE' },
  )
  const { facts, sources } = parseQuestionFile(JSON.stringify({ question }), 'q.json')
  const arn = `arn:aws:iam::${account}:role/app`
  const role = { kind: 'role', arn, account, policy: bound, tags: {} } as const

  const verdict = await createAuthorizer(sources).authorize(facts, [{ action: 'sts:AssumeRole', resource: role }])

  assert.match(
    formatExplanation(explainVerdict(verdict)),
    new RegExp(`  Trust policy: implicit deny, no statement allows
    Allow in trust policy, statement 1 does not apply: Principal did not match
      Principal fails: ${alice} is not among "${alice}", which is whoever had that name when the policy was saved
      Action holds: sts:AssumeRole is among "sts:AssumeRole"
  Identity`),
  )
})

test('an explanation says of what another account has that identity policies, which allow, are not enough', async () => {
  const resource = 'arn:aws:iam::444455556666:policy/theirs'
  const identity = [JSON.parse(policy({ Effect: 'Allow', Action: '*', Resource: '*' }))]
  const theirs = { ...question, action: 'iam:GetPolicy', resource }

  const [{ allowed }, text] = await explain({ question: theirs, policies: { identity } })
  const [, ofRoot] = await explain({ question: { ...theirs, caller: 'root' } })

  assert.equal(allowed, false)
  for (const each of [text, ofRoot])
    assert.match(each, /^  Identity policies: allow, iam:GetPolicy can't be permitted on what other accounts have/m)
})

test('an explanation warns once of a policy that takes part in several checks, by its kind', async () => {
  const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }
  const allow = { ...deny, Effect: 'Allow', Principal: { AWS: account } }
  const key = JSON.parse(policy(allow, { ...deny, Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } }))
  const endpoint = JSON.parse(policy({ ...deny, Action: 'kms:Sign' }))
  const also = [{ action: 'kms:ReEncryptTo', resource: 'key' }]

  const [{ warnings }] = await explain({
    question: { ...question, through: 'vpce-1', also },
    policies: { key, endpoint },
  })

  assert.deepEqual(
    warnings.map(({ policy: name, warning, statement }) => [name, warning, statement]),
    [
      ['endpoint policy', 'deny-only', undefined],
      ['key policy', 'blocks-services', 2],
    ],
  )
})
