import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../base/index.ts'
import { model as iam } from '../models/iam.ts'
import { model as sts } from '../models/sts.ts'
import type { ServiceModel } from '../service-model.ts'
import { createQueryCodec } from './query-codec.ts'

type Parameters = Readonly<Record<string, string>>

function decode(model: ServiceModel, operation: string, parameters: Parameters): unknown {
  const body = new URLSearchParams({ Action: operation, Version: model.version, ...parameters }).toString()
  return open(model, body).decode()
}

function open(model: ServiceModel, body: string) {
  const contentType = 'application/x-www-form-urlencoded'
  return createQueryCodec(model).open({ target: undefined, contentType, body: Buffer.from(body) })
}

function refused(code: string, message: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof ServiceError)
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  }
}

const tagPattern = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`
const names = 'It must contain only alphanumeric characters and/or the following: +=,.@_-'
const one = (broken: string): string => `1 validation error detected: ${broken}`
const broken = (member: string, constraint: string): string =>
  `Value at '${member}' failed to satisfy constraint: Member must ${constraint}`

const iamTexts: readonly (readonly [operation: string, parameters: Parameters, message: string])[] = [
  ['CreateUser', {}, one(broken('userName', 'not be null'))],
  ['GetUser', { UserName: 'u'.repeat(129) }, one(broken('userName', 'have length less than or equal to 128'))],
  ['GetUser', { UserName: 'a/b' }, `The specified value for userName is invalid. ${names}`],
  ['GetUser', { UserName: '' }, `The specified value for userName is invalid. ${names}`],
  ['UpdateUser', { UserName: 'a', NewUserName: 'ü' }, `The specified value for newUserName is invalid. ${names}`],
  ['GetRole', { RoleName: 'arn:aws:iam::1:role/x' }, `The specified value for roleName is invalid. ${names}`],
  [
    'CreateUser',
    { UserName: 'a', Path: 'x/' },
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  ],
  [
    'ListPolicies',
    { PathPrefix: '/foo' },
    'The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters.',
  ],
  [
    'PutUserPolicy',
    { UserName: 'a', PolicyName: 'p', PolicyDocument: '{"Id":"😀"}' },
    'The specified value for policyDocument is invalid. It must contain only printable ASCII characters.',
  ],
  [
    'PutUserPolicy',
    { UserName: 'a', PolicyName: 'p', PolicyDocument: ' '.repeat(131_073) },
    one(broken('policyDocument', 'have length less than or equal to 131072')),
  ],
  [
    'GetPolicy',
    { PolicyArn: 'arn:aws:iam::aws:x' },
    one(broken('policyArn', 'have length greater than or equal to 20')),
  ],
  [
    'GetPolicyVersion',
    { PolicyArn: 'arn:aws:iam::123456789012:policy/x', VersionId: '1' },
    one(broken('versionId', String.raw`satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)),
  ],
  ['ListUsers', { MaxItems: '0' }, one(broken('maxItems', 'have value greater than or equal to 1'))],
  ['ListUsers', { MaxItems: '1001' }, one(broken('maxItems', 'have value less than or equal to 1000'))],
  [
    'TagUser',
    { UserName: 'a', 'Tags.member.1.Key': '', 'Tags.member.1.Value': '' },
    `2 validation errors detected: ${broken('tags.1.member.key', 'have length greater than or equal to 1')}; ${broken('tags.1.member.key', `satisfy regular expression pattern: ${tagPattern}`)}`,
  ],
  [
    'TagUser',
    { UserName: 'a', 'Tags.member.1.Key': 'k', 'Tags.member.1.Value': 'v', 'Tags.member.2.Key': 'l' },
    one(broken('tags.2.member.value', 'not be null')),
  ],
  [
    'UntagUser',
    { UserName: 'a', 'TagKeys.member.1': 'bad#', 'TagKeys.member.2': 'good', 'TagKeys.member.3': '' },
    one(
      broken(
        'tagKeys',
        `satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${tagPattern}, Member must not be null]`,
      ),
    ),
  ],
]

for (const [operation, parameters, message] of iamTexts) {
  test(`IAM ${operation} answers ${message.slice(0, 110)}`, () => {
    assert.throws(() => decode(iam, operation, parameters), refused('ValidationError', message))
  })
}

test('IAM takes an empty trust policy, which is no JSON but not too short', () => {
  const input = decode(iam, 'CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: '' })

  assert.deepEqual(input, { RoleName: 'r', AssumeRolePolicyDocument: '' })
})

const roleArn = 'arn:aws:iam::123456789012:role/x'
const arnPattern = String.raw`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`
const shown = (value: string, member: string, constraint: string): string =>
  `Value ${value} at '${member}' failed to satisfy constraint: Member must ${constraint}`

const stsTexts: readonly (readonly [parameters: Parameters, message: string])[] = [
  [{ RoleArn: roleArn }, one(shown('null', 'roleSessionName', 'not be null'))],
  [
    { RoleArn: '', RoleSessionName: 'ab' },
    `2 validation errors detected: ${shown("''", 'roleArn', `satisfy regular expression pattern: ${arnPattern}`)}; ${shown("''", 'roleArn', 'have length greater than or equal to 20')}`,
  ],
  [
    { RoleArn: 'arn:aws:iam::123456', RoleSessionName: 'ab' },
    one(shown("'arn:aws:iam::123456'", 'roleArn', 'have length greater than or equal to 20')),
  ],
  [
    { RoleArn: roleArn, RoleSessionName: '' },
    one(shown("''", 'roleSessionName', 'have length greater than or equal to 2')),
  ],
  [
    { RoleArn: roleArn, RoleSessionName: '😀' },
    String.raw`2 validation errors detected: Value '😀' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; Value '😀' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2`,
  ],
  ...['60', '-1', '-2147483648'].map(
    seconds =>
      [
        { RoleArn: roleArn, RoleSessionName: 'ab', DurationSeconds: seconds },
        one(shown(`'${seconds}'`, 'durationSeconds', 'have value greater than or equal to 900')),
      ] as const,
  ),
  [
    { RoleArn: roleArn, RoleSessionName: 'ab', DurationSeconds: '43201' },
    one(shown("'43201'", 'durationSeconds', 'have value less than or equal to 43200')),
  ],
]

for (const [parameters, message] of stsTexts) {
  test(`STS AssumeRole answers ${message.slice(0, 110)}`, () => {
    assert.throws(() => decode(sts, 'AssumeRole', parameters), refused('ValidationError', message))
  })
}

test('STS counts the characters of a text that is too long, not its units', () => {
  const RoleArn = `${roleArn}${'😀'.repeat(2048 - roleArn.length)}`

  assert.throws(
    () => decode(sts, 'AssumeRole', { RoleArn, RoleSessionName: 'ab' }),
    (error: Error) => /^1 validation error .* regular expression pattern/.test(error.message),
  )
})

test('STS shows nothing of a token that breaks a constraint or is in the wrong form', () => {
  const rest = { RoleArn: roleArn, RoleSessionName: 'ab' }
  const attempts: readonly Parameters[] = [
    { WebIdentityToken: 'sec' },
    { WebIdentityToken: `sec${'x'.repeat(20_000)}` },
    { WebIdentityToken: 'secret-of-the-caller', 'WebIdentityToken.a': 'secret' },
  ]

  for (const attempt of attempts) {
    assert.throws(
      () => decode(sts, 'AssumeRoleWithWebIdentity', { ...rest, ...attempt }),
      (error: Error) => error instanceof ServiceError && !error.message.includes('sec'),
    )
  }
})

test('STS takes a duration as Java reads it', () => {
  const durations = ['900', '+900', '0900'].map(DurationSeconds =>
    decode(sts, 'AssumeRole', { RoleArn: roleArn, RoleSessionName: 'ab', DurationSeconds }),
  )

  assert.deepEqual(
    durations,
    durations.map(() => ({ RoleArn: roleArn, RoleSessionName: 'ab', DurationSeconds: 900 })),
  )
})

const malformed: readonly (readonly [ServiceModel, operation: string, parameters: Parameters, message: string])[] = [
  ...['abc', '900.0', '2147483648', '-2147483649', ' 900', '1e3', '0x384'].map(
    seconds => [sts, 'GetSessionToken', { DurationSeconds: seconds }, ''] as const,
  ),
  [sts, 'GetSessionToken', { DurationSeconds: '' }, 'missing value for decimal type'],
  [iam, 'ListPolicies', { OnlyAttached: 'TRUE' }, 'boolean must follow xsd1.1 definition'],
  [iam, 'ListPolicies', { OnlyAttached: '' }, 'missing value for boolean type'],
  [iam, 'GetUser', { 'UserName.a': 'b' }, 'Start of structure or map found where not expected.'],
  [iam, 'UntagUser', { UserName: 'a', TagKeys: 'b' }, 'Unexpected list element termination'],
  [iam, 'UntagUser', { UserName: 'a', 'TagKeys.member': 'b' }, 'Unexpected list element termination'],
  [iam, 'UntagUser', { UserName: 'a', 'TagKeys.1': 'b' }, 'Top level element may not be treated as a list'],
  [iam, 'TagUser', { UserName: 'a', 'Tags.member.1': 'b' }, 'Unexpected complex element termination'],
]

for (const [model, operation, parameters, message] of malformed) {
  const [name, value] = Object.entries(parameters).at(-1)!
  test(`${model.service} ${operation} answers MalformedInput to ${name}=${value}`, () => {
    assert.throws(() => decode(model, operation, parameters), refused('MalformedInput', message))
  })
}

test('IAM reads the numbers and words of XML Schema for a boolean', () => {
  const given = ['true', 'false', '1', '0'].map(OnlyAttached => decode(iam, 'ListPolicies', { OnlyAttached }))

  assert.deepEqual(
    given,
    [true, false, true, false].map(OnlyAttached => ({ OnlyAttached })),
  )
})

test('IAM reads lists in lists by their indexes, and allocates nothing for gaps', () => {
  const input = decode(iam, 'SimulatePrincipalPolicy', {
    PolicySourceArn: 'arn:aws:iam::123456789012:user/a',
    'ActionNames.member.2': 'kms:Encrypt',
    'ActionNames.member.1': 'kms:Decrypt',
    'ContextEntries.member.7.ContextKeyName': 'aws:SourceVpce',
    'ContextEntries.member.7.ContextKeyType': 'string',
    'ContextEntries.member.7.ContextKeyValues.member.999999999': 'vpce-2',
    'ContextEntries.member.7.ContextKeyValues.member.3': 'vpce-1',
    'ContextEntries.member.2.ContextKeyName': 'aws:MultiFactorAuthPresent',
    'ContextEntries.member.2.ContextKeyValues': '',
  })

  assert.deepEqual(input, {
    PolicySourceArn: 'arn:aws:iam::123456789012:user/a',
    ActionNames: ['kms:Decrypt', 'kms:Encrypt'],
    ContextEntries: [
      { ContextKeyName: 'aws:MultiFactorAuthPresent', ContextKeyValues: [] },
      { ContextKeyName: 'aws:SourceVpce', ContextKeyType: 'string', ContextKeyValues: ['vpce-1', 'vpce-2'] },
    ],
  })
})

test('IAM passes over parameters that it does not know, whatever they are called', () => {
  const input = decode(iam, 'GetUser', { '__proto__.UserName': 'a', 'constructor.prototype': 'b', Unknown: 'c' })

  assert.deepEqual(input, {})
  assert.equal(({} as { readonly UserName?: string }).UserName, undefined)
})

test('IAM writes a map as entries, and escapes its keys', () => {
  const { body } = createQueryCodec(iam).encodeOutput(
    'GetAccountSummary',
    { SummaryMap: { Users: 3, '<&>': 0 } },
    'request-1',
  )

  assert.ok(
    body.includes(
      '<SummaryMap><entry><key>Users</key><value>3</value></entry><entry><key>&lt;&amp;&gt;</key><value>0</value></entry></SummaryMap>',
    ),
    body,
  )
})

test('an error without a message has no element for it', () => {
  const { body, status } = createQueryCodec(sts).encodeError(new ServiceError('MalformedInput'), 'request-1')

  assert.equal(status, 400)
  assert.match(body, /<Code>MalformedInput<\/Code><\/Error>/)
})

test('a request without a version names none of ours', () => {
  assert.throws(
    () => open(sts, 'Action=GetCallerIdentity'),
    refused('InvalidAction', 'Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED'),
  )
})

test('the errors of IAM and STS have the statuses that AWS models', () => {
  const expected = {
    ConcurrentModification: 409,
    DeleteConflict: 409,
    EntityAlreadyExists: 409,
    EntityTemporarilyUnmodifiable: 409,
    InvalidInput: 400,
    LimitExceeded: 409,
    MalformedPolicyDocument: 400,
    NoSuchEntity: 404,
    PolicyEvaluation: 500,
    PolicyNotAttachable: 400,
    ServiceFailure: 500,
    NotSupportedService: 404,
    UnmodifiableEntity: 400,
    ExpiredTokenException: 400,
    IDPCommunicationError: 400,
    IDPRejectedClaim: 403,
    InvalidAuthorizationMessageException: 400,
    InvalidIdentityToken: 400,
    PackedPolicyTooLarge: 400,
    RegionDisabledException: 403,
  }
  const codec = createQueryCodec(iam)

  const statuses = Object.keys(expected).map(code => [code, codec.encodeError(new ServiceError(code, 'x'), 'r').status])

  assert.deepEqual(Object.fromEntries(statuses), expected)
})
