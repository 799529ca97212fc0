// The condition keys of every operation that is served against AWS's table of actions, and its rules of presence.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAuthorizer, isCrossAccountAction } from '../../src/authorization/index.ts'
import type { CheckedQuestion } from '../../src/authorization/index.ts'
import { measure } from '../attestation.ts'
import { IamRoom, account } from '../iam/iam-room.ts'
import { kmsBench } from '../services/kms-requests.ts'
import { scopeOf } from '../services/service-bench.ts'
import type { TypicalRequest } from '../services/service-bench.ts'
import { alice, callers, ways } from '../services/typical-callers.ts'

interface ActionTable {
  readonly actions: Readonly<
    Record<
      string,
      {
        readonly crossAccount: boolean
        readonly requestKeys: readonly string[]
        /** Whether it is on a key, which has condition keys of its own. */
        readonly onKey: boolean
        readonly recipientAttestation: boolean
      }
    >
  >
  readonly operations: Readonly<Record<string, readonly (readonly [permission: string, resource: string])[]>>
  readonly keyResourceKeys: readonly string[]
  readonly conditionKeys: Readonly<Record<string, { readonly multiValued: boolean }>>
  readonly global: Readonly<
    Record<'always' | 'endpoint' | 'notThroughEndpoint' | 'forwarded' | 'temporary' | 'service', readonly string[]>
  >
}

const table = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/kms-actions.json'), 'utf8')) as ActionTable

const authorizer = createAuthorizer({
  policiesOf: async () => ({ identity: [] }),
  endpointPolicy: async () => undefined,
  isOpenAccount: async () => true,
  organizationMembers: async () => undefined,
})

type Question = CheckedQuestion['question']

const room = await IamRoom.open()
after(() => room[Symbol.asyncDispose]())
const bench = await kmsBench(room)
const served = [...bench.service.operations.keys()].sort()

/** What a request asks permission for. */
async function questionsOf(name: string, request: TypicalRequest): Promise<readonly Question[]> {
  const { checks } = await bench.prepare(name, request)
  if (checks === 'no permission needed') return []
  const { decisions } = await authorizer.authorize(scopeOf(room, request), checks)
  return decisions.map(({ question }) => question)
}

const valueOf = ({ context, identityContext }: Question, key: string): unknown =>
  context.get(key.toLowerCase()) ?? identityContext.get(key.toLowerCase())

/** Whether a question has a key; of a template (`aws:RequestTag/${TagKey}`) one that it stands for. */
function has(question: Question, template: string): boolean {
  const stem = template.replace(/\$\{\w+\}$/, '').toLowerCase()
  if (stem.length === template.length) return valueOf(question, template) !== undefined
  return [...question.context.keys(), ...question.identityContext.keys()].some(
    key => key.startsWith(stem) && key.length > stem.length,
  )
}

const isKey = ({ resource }: Question): boolean => resource.kind === 'key' || resource.kind === 'grant'

for (const name of served) {
  test(`kms:${name} asks for the permissions that AWS's table has, and no others`, async () => {
    const asked = new Set<string>()
    for (const request of bench.requests[name]!)
      for (const { action } of await questionsOf(name, request)) asked.add(action)

    assert.deepEqual([...asked].sort(), [...new Set(table.operations[name]!.map(([permission]) => permission))].sort())
  })

  test(`kms:${name} has every condition key of AWS's table in some request, and no other of kms:`, async () => {
    const supplied = new Map<string, Question[]>()
    for (const request of bench.requests[name]!) {
      for (const question of await questionsOf(name, request)) {
        const action = question.action.replace('kms:', '')
        supplied.set(action, [...(supplied.get(action) ?? []), question])
      }
    }

    for (const [action, questions] of supplied) {
      // CreateKey has them as the key that is to be made; TagResource beside it has no key to tell of.
      if ((name === 'CreateKey' || name === 'ReplicateKey') && action === 'TagResource') continue
      const { requestKeys, onKey } = table.actions[action]!
      const ofKey = onKey ? table.keyResourceKeys : []
      const missing = [...requestKeys, ...ofKey].filter(key => !questions.some(question => has(question, key)))
      assert.deepEqual(missing, [], `${action} lacks keys`)
      const ofRecipient = table.actions[action]!.recipientAttestation ? ['kms:RecipientAttestation:'] : []
      const known = [
        ...requestKeys,
        ...ofKey,
        ...ofRecipient,
        'kms:CustomerMasterKeySpec',
        'kms:CustomerMasterKeyUsage',
      ]
      const stems = known.map(key => key.replace(/\$\{\w+\}$/, '').toLowerCase())
      const others = questions
        .flatMap(({ context, identityContext }) => [...context.keys(), ...identityContext.keys()])
        .filter(
          key =>
            key.startsWith('kms:') && !stems.some(stem => key === stem || (/[:/]$/.test(stem) && key.startsWith(stem))),
        )
      assert.deepEqual([...new Set(others)], [], `${action} has keys that AWS does not list`)
    }
  })
}

test('kms:RecipientAttestation keys are there with a verified document, in the operations that have it, and never without', async () => {
  const attested = Object.entries(table.actions).filter(([, { recipientAttestation }]) => recipientAttestation)
  for (const name of served) {
    let seen = false
    for (const request of bench.requests[name]!) {
      const questions = await questionsOf(name, request)
      const given = 'Recipient' in request.input
      seen ||= given
      for (const question of questions)
        assert.equal(has(question, 'kms:RecipientAttestation:${Register}'), given, `${name} ${JSON.stringify(given)}`)
    }
    assert.equal(
      seen,
      attested.some(([action]) => action === name),
      `${name} is asked for a recipient`,
    )
  }
})

test('the keys of a recipient are the registers in hexadecimal, and PCR0 is the image', async () => {
  const request = bench.requests['GenerateRandom']!.find(({ input }) => 'Recipient' in input)!
  const [question] = await questionsOf('GenerateRandom', request)

  const image = measure('image')
  for (const [index, content] of image)
    assert.equal(valueOf(question!, `kms:RecipientAttestation:PCR${index}`), content.toString('hex'))
  assert.equal(valueOf(question!, 'kms:RecipientAttestation:ImageSha384'), image.get(0)!.toString('hex'))
  assert.equal(valueOf(question!, 'kms:RecipientAttestation:NitroTPMPCR0'), undefined)
})

test('every condition key of AWS’s table is there in some request', async () => {
  const seen = new Set<string>()
  for (const name of served)
    for (const request of bench.requests[name]!)
      for (const question of await questionsOf(name, request))
        for (const key of Object.keys(table.conditionKeys)) if (has(question, key)) seen.add(key)

  const missing = Object.keys(table.conditionKeys).filter(key => !seen.has(key))
  assert.deepEqual(missing, [])
})

test('keys of several values are lists, and all others single', async () => {
  for (const name of served) {
    for (const request of bench.requests[name]!) {
      for (const question of await questionsOf(name, request)) {
        for (const [key, { multiValued }] of Object.entries(table.conditionKeys)) {
          const value = key.includes('$') ? undefined : valueOf(question, key)
          if (value !== undefined) assert.equal(Array.isArray(value), multiValued, `${name} ${key}`)
        }
      }
    }
  }
})

/** The one value of a key in a request's question on a key, or `undefined`. */
async function valueIn(name: string, input: object, key: string, path = ways[0]!): Promise<unknown> {
  const questions = await questionsOf(name, { input, path })
  return valueOf(questions.find(isKey) ?? questions[0]!, key)
}

const requestOf = (name: string): object => bench.requests[name]![0]!.input

const context = { order: '17', Purpose: 'x' }
const { KeyId } = requestOf('DisableKey') as { readonly KeyId: string }
const { KeyId: idOfOneRegion } = bench.requests['DescribeKey']!.at(-1)!.input as { readonly KeyId: string }

for (const [title, name, input, key, value] of [
  ['is there with its default', 'Encrypt', { KeyId, Plaintext: 'x' }, 'kms:EncryptionAlgorithm', 'SYMMETRIC_DEFAULT'],
  [
    'is there with its default',
    'GenerateDataKey',
    { KeyId, KeySpec: 'AES_256' },
    'kms:EncryptionAlgorithm',
    'SYMMETRIC_DEFAULT',
  ],
  ['is there with its default', 'CreateKey', {}, 'kms:KeySpec', 'SYMMETRIC_DEFAULT'],
  ['is there with its default', 'CreateKey', {}, 'kms:KeyUsage', 'ENCRYPT_DECRYPT'],
  ['is there with its default', 'CreateKey', {}, 'kms:KeyOrigin', 'AWS_KMS'],
  ['is there with its default', 'CreateKey', {}, 'kms:MultiRegion', 'false'],
  [
    'is a synonym',
    'CreateKey',
    { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    'kms:CustomerMasterKeySpec',
    'RSA_2048',
  ],
  [
    'is a synonym',
    'CreateKey',
    { CustomerMasterKeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    'kms:KeySpec',
    'RSA_2048',
  ],
  [
    'is a synonym',
    'CreateKey',
    { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    'kms:CustomerMasterKeyUsage',
    'SIGN_VERIFY',
  ],
  ['is absent where the request leaves it out', 'CreateKey', {}, 'kms:BypassPolicyLockoutSafetyCheck', undefined],
  [
    'is absent where the request leaves it out',
    'PutKeyPolicy',
    { KeyId, Policy: '{}' },
    'kms:BypassPolicyLockoutSafetyCheck',
    undefined,
  ],
  [
    'is there where the request says false',
    'PutKeyPolicy',
    { KeyId, Policy: '{}', BypassPolicyLockoutSafetyCheck: false },
    'kms:BypassPolicyLockoutSafetyCheck',
    'false',
  ],
  ['is absent where the request leaves it out', 'EnableKeyRotation', { KeyId }, 'kms:RotationPeriodInDays', undefined],
  ['is absent for a key of one Region', 'DescribeKey', { KeyId: idOfOneRegion }, 'kms:MultiRegionKeyType', undefined],
  ['is PRIMARY for the primary key', 'DescribeKey', { KeyId }, 'kms:MultiRegionKeyType', 'PRIMARY'],
  ['is PRIMARY for a multi-Region key', 'CreateKey', { MultiRegion: true }, 'kms:MultiRegionKeyType', 'PRIMARY'],
  ['is absent for a key of one Region', 'CreateKey', {}, 'kms:MultiRegionKeyType', undefined],
  ['is absent where the request has the key’s id', 'DescribeKey', { KeyId }, 'kms:RequestAlias', undefined],
  ['is the alias’s name', 'DescribeKey', { KeyId: 'alias/app' }, 'kms:RequestAlias', 'alias/app'],
  [
    'is the alias’s name also by its ARN',
    'DescribeKey',
    { KeyId: `arn:aws:kms:us-west-2:${account}:alias/app` },
    'kms:RequestAlias',
    'alias/app',
  ],
  [
    'is absent without an encryption context',
    'Encrypt',
    { KeyId, Plaintext: 'x' },
    'kms:EncryptionContextKeys',
    undefined,
  ],
  [
    'is absent for an empty encryption context',
    'Encrypt',
    { KeyId, Plaintext: 'x', EncryptionContext: {} },
    'kms:EncryptionContextKeys',
    undefined,
  ],
  [
    'has every name',
    'Encrypt',
    { KeyId, Plaintext: 'x', EncryptionContext: context },
    'kms:EncryptionContextKeys',
    ['order', 'Purpose'],
  ],
  [
    'has the value',
    'Encrypt',
    { KeyId, Plaintext: 'x', EncryptionContext: context },
    'kms:EncryptionContext:purpose',
    'x',
  ],
  ['is absent where no service asks', 'DescribeKey', { KeyId }, 'kms:ViaService', undefined],
  ['is absent for what is on no key', 'ListKeys', {}, 'kms:CallerAccount', undefined],
  ['is absent for what is on no key', 'GenerateRandom', { NumberOfBytes: 8 }, 'kms:CallerAccount', undefined],
  ['is the caller’s account', 'DescribeKey', { KeyId }, 'kms:CallerAccount', account],
  [
    'has every operation',
    'CreateGrant',
    { KeyId, GranteePrincipal: 'a', Operations: ['Encrypt', 'Decrypt'] },
    'kms:GrantOperations',
    ['Encrypt', 'Decrypt'],
  ],
  [
    'is absent without a constraint',
    'CreateGrant',
    { KeyId, GranteePrincipal: 'a', Operations: ['Encrypt'] },
    'kms:GrantConstraintType',
    undefined,
  ],
  [
    'is absent without one',
    'CreateGrant',
    { KeyId, GranteePrincipal: 'a', Operations: ['Encrypt'] },
    'kms:RetiringPrincipal',
    undefined,
  ],
  [
    'is false where no service asks',
    'CreateGrant',
    { KeyId, GranteePrincipal: 'a', Operations: ['Encrypt'] },
    'kms:GrantIsForAWSResource',
    'false',
  ],
] as const) {
  test(`${key} ${title}: ${name}`, async () => {
    assert.deepEqual(await valueIn(name, input, key), value)
  })
}

test('kms:ReEncryptOnSameKey is there for both halves, and tells whether the keys are one', async () => {
  const { CiphertextBlob } = requestOf('ReEncrypt') as { readonly CiphertextBlob: Buffer }
  const valuesFor = async (DestinationKeyId: string): Promise<readonly unknown[]> =>
    (await questionsOf('ReEncrypt', { input: { CiphertextBlob, DestinationKeyId } })).map(question =>
      valueOf(question, 'kms:ReEncryptOnSameKey'),
    )

  assert.deepEqual(await valuesFor('alias/app'), ['true', 'true'])
  assert.deepEqual(await valuesFor('alias/other'), ['false', 'false'])
})

test('the checks of ReplicateKey tell where each of them is asked, and what the key is there', async () => {
  const questions = await questionsOf('ReplicateKey', bench.requests['ReplicateKey']![0]!)

  const told = questions.map(question => [
    question.action,
    ...['aws:RequestedRegion', 'kms:ReplicaRegion', 'kms:MultiRegionKeyType'].map(key => valueOf(question, key)),
  ])
  assert.deepEqual(told, [
    ['kms:ReplicateKey', 'us-west-2', 'eu-west-1', 'PRIMARY'],
    ['kms:CreateKey', 'eu-west-1', undefined, 'REPLICA'],
    ['kms:TagResource', 'eu-west-1', undefined, undefined],
  ])
  assert.deepEqual(
    questions.slice(1).map(({ resource }) => resource.arn),
    [`arn:aws:kms:eu-west-1:${account}:`, `arn:aws:kms:eu-west-1:${account}:key/*`],
  )
})

test('the checks of UpdatePrimaryRegion tell where each of them is asked, and what the key is there', async () => {
  const questions = await questionsOf('UpdatePrimaryRegion', bench.requests['UpdatePrimaryRegion']![0]!)

  const told = questions.map(question => [
    question.resource.arn,
    ...['aws:RequestedRegion', 'kms:PrimaryRegion', 'kms:MultiRegionKeyType'].map(key => valueOf(question, key)),
  ])
  assert.deepEqual(told, [
    [`arn:aws:kms:us-west-2:${account}:key/${KeyId}`, 'us-west-2', 'eu-west-1', 'PRIMARY'],
    [`arn:aws:kms:eu-west-1:${account}:key/${KeyId}`, 'eu-west-1', 'eu-west-1', 'REPLICA'],
  ])
})

test('keys about the alias half of an alias operation are global ones only', async () => {
  const [aliasHalf] = await questionsOf('CreateAlias', bench.requests['CreateAlias']![0]!)

  assert.equal(aliasHalf!.resource.kind, 'named')
  assert.deepEqual(
    [...aliasHalf!.context.keys()].filter(key => key.startsWith('kms:')),
    [],
  )
})

const [publicWay, endpointWay, serviceWay] = ways as readonly [(typeof ways)[0], (typeof ways)[0], (typeof ways)[0]]
// These are there for members of an organization, and nobody is one here.
const ofOrganization = /org(?:id|paths)$/i

test('global condition keys are there by the way that a request came in', async () => {
  const facts = { userAgent: 'a' }
  const contextOf = async (path: (typeof ways)[0]): Promise<Question> => {
    const { checks } = await bench.prepare('DescribeKey', { input: { KeyId }, caller: alice, path })
    assert.ok(checks !== 'no permission needed')
    const scope = { ...scopeOf(room, { input: {}, caller: alice, path }), ...facts }
    return (await authorizer.authorize(scope, checks)).decisions[0]!.question
  }
  const { always, endpoint, notThroughEndpoint, forwarded } = table.global
  const throughEndpoint = endpoint.filter(key => !ofOrganization.test(key))
  const [atPublic, atEndpoint, byService] = [
    await contextOf(publicWay),
    await contextOf(endpointWay),
    await contextOf(serviceWay),
  ]

  for (const question of [atPublic, atEndpoint, byService])
    assert.deepEqual(
      always.filter(key => !has(question, key)),
      [],
    )
  assert.deepEqual(
    throughEndpoint.filter(key => !has(atEndpoint, key)),
    [],
  )
  assert.deepEqual(
    notThroughEndpoint.filter(key => has(atEndpoint, key) || has(byService, key)),
    [],
  )
  assert.deepEqual(
    notThroughEndpoint.filter(key => !has(atPublic, key)),
    [],
  )
  assert.deepEqual(
    forwarded.filter(key => !has(byService, key)),
    [],
  )
  for (const question of [atPublic, byService])
    assert.deepEqual(
      endpoint.filter(key => has(question, key)),
      [],
    )
  for (const question of [atPublic, atEndpoint])
    assert.deepEqual(
      forwarded.filter(key => has(question, key)),
      [],
    )
})

test('global condition keys of temporary credentials are there for those that have them', async () => {
  const questionOf = async (caller: (typeof callers)[0]): Promise<Question> =>
    (await questionsOf('DescribeKey', { input: { KeyId }, caller }))[0]!
  const role = await questionOf(callers.find(({ kind }) => kind === 'role-session')!)
  const user = await questionOf(alice)
  // Nobody can use MFA, so it has no age.
  const possible = table.global.temporary.filter(key => key !== 'aws:MultiFactorAuthAge')

  assert.deepEqual(
    possible.filter(key => !has(role, key)),
    [],
  )
  assert.deepEqual(
    table.global.temporary.filter(key => has(user, key)),
    [],
  )
})

test('isCrossAccountAction() is what AWS’s table says, for every action', () => {
  for (const [name, { crossAccount }] of Object.entries(table.actions))
    assert.equal(isCrossAccountAction(`kms:${name}`), crossAccount, name)
})
