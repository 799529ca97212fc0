import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { PrincipalDirectory } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import { compileTrustPolicy } from '../../../policy/index.ts'
import { requireTrustPolicy } from './trust-document.ts'

const account = '111122223333'
const elsewhere = '999988887777'
const alice = `arn:aws:iam::${account}:user/alice`
const gitHub = `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`

/** An installation of one account with the user alice and the role admin. */
const principals: PrincipalDirectory = {
  uniqueIdOf: async arn => (arn === alice ? 'AIDAALICE' : undefined),
  roleIdOf: async (_account, name) => (name === 'admin' ? 'AROAADMIN' : undefined),
  arnOf: async () => undefined,
}

type Json = Readonly<Record<string, unknown>>

const statement = { Effect: 'Allow', Principal: { AWS: alice }, Action: 'sts:AssumeRole' }
const like = (changed: Json): Json => ({ ...statement, ...changed })
const document = (...statements: readonly Json[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const one = (changed: Json): string => document(like(changed))
const naming = (Principal: unknown): string => one({ Principal })
const trusting = (Federated: unknown, Condition?: unknown): string =>
  one({ Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity', Condition })

const syntax = 'Syntax error in policy.'
const onlyToAssume = 'AssumeRole policy may only specify STS AssumeRole actions.'
const unscoped = (principal: string, keys: string): string =>
  `Trust policy with trusted principal ${principal} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${keys} which is not scoped to all.`
const gitHubKeys = 'token.actions.githubusercontent.com:sub or token.actions.githubusercontent.com:job_workflow_ref'
const sub = 'token.actions.githubusercontent.com:sub'

const refusedDocuments: readonly (readonly [document: string, text: string])[] = [
  ['', 'This policy contains invalid Json'],
  ['not JSON', 'This policy contains invalid Json'],
  ['[]', 'This policy contains invalid Json'],
  [`${document(statement)},`, 'This policy contains invalid Json'],
  ['null', 'This text appears not to be a policy'],
  ['{}', 'Syntax error at position (1,3)'],
  ['{"Version":"2012-10-17"}', 'Could not parse the policy: Statement is empty!'],
  [document(), 'Could not parse the policy: Statement is empty!'],
  [JSON.stringify({ Version: '2020-01-01', Statement: [statement] }), 'The policy must contain a valid version string'],
  [JSON.stringify({ Statement: [statement], Unknown: 1 }), syntax],
  [document('x' as unknown as Json), syntax],
  [one({ Effect: undefined }), 'Missing required field Effect'],
  [one({ Effect: 'Maybe' }), 'Invalid effect: Maybe'],
  [naming(undefined), 'Missing required field Principal'],
  [naming({}), 'Missing required field Principal cannot be empty!'],
  [naming('*'), 'Principal must be a JSON object.'],
  [naming([alice]), syntax],
  [naming({ AWS: [{}] }), syntax],
  [
    naming({ AWS: [] }),
    'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!',
  ],
  [naming({ CanonicalUser: 'x' }), 'Invalid principal in policy: "CanonicalUser"'],
  [naming({ AWS: 'alice' }), 'Invalid principal in policy: "AWS":"alice"'],
  [naming({ AWS: [alice, ''] }), 'Invalid principal in policy: "AWS":""'],
  [naming({ AWS: `${alice}*` }), `Invalid principal in policy: "AWS":"${alice}*"`],
  [naming({ Service: 'ec2' }), 'Invalid principal in policy: "SERVICE":"ec2"'],
  [naming({ Federated: '*' }), 'Invalid principal in policy: "FEDERATED":"*"'],
  ...[
    `arn:aws:iam::${elsewhere}:user/alice`,
    `arn:aws:iam::${account}:user/bob`,
    `arn:aws:iam::${account}:user/Alice`,
    `arn:aws:iam::${account}:user/path/alice`,
    `arn:aws:iam::${account}:role/alice`,
    `arn:aws:iam::${account}:role/missing`,
    `arn:aws:sts::${account}:assumed-role/missing/session`,
    'arn:aws-cn:iam::111122223333:user/alice',
    'AIDAQ2XWV5EXAMPLEAAAA',
  ].map(principal => [naming({ AWS: principal }), `Invalid principal in policy: "AWS":"${principal}"`] as const),
  [one({ Principal: undefined, NotPrincipal: { AWS: alice } }), 'Allow with NotPrincipal is not allowed.'],
  [
    one({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: alice } }),
    'AssumeRole policy must not contain NotPrincipal field.',
  ],
  [one({ Action: undefined }), 'Missing required field Action'],
  [one({ Action: [] }), 'Missing required field Action'],
  [one({ Action: '*' }), onlyToAssume],
  [one({ Action: ['sts:AssumeRole', 'kms:Decrypt'] }), onlyToAssume],
  [one({ Action: 'sts:GetSessionToken' }), onlyToAssume],
  [one({ Action: undefined, NotAction: 'iam:GetRole' }), onlyToAssume],
  [one({ NotAction: 'sts:TagSession' }), syntax],
  [one({ Resource: '*' }), 'Has prohibited field Resource'],
  [one({ NotResource: '*' }), 'AssumeRole policy must not contain resources.'],
  [one({ Condition: 'x' }), syntax],
  [one({ Condition: { Unknown: { a: 'b' } } }), syntax],
  [document(like({ Sid: 'a' }), like({ Sid: 'a' })), 'The Statement Ids in the policy are not unique'],
  [trusting('cognito-identity.amazonaws.com'), 'A condition block must be present for the Cognito provider'],
  [
    trusting('cognito-identity.amazonaws.com', { StringEquals: { 'other:aud': 'x' } }),
    unscoped('cognito-identity.amazonaws.com', 'cognito-identity.amazonaws.com:aud'),
  ],
  ...[
    undefined,
    { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } },
    { StringEquals: { 'token.actions.githubusercontent.com:repository': 'octo/repo' } },
    { StringLike: { [sub]: '*' } },
    { StringLike: { [sub]: ['**', '?*'] } },
    { StringLike: { [sub]: ['repo:octo/repo:*', '*'] } },
    { StringLike: { [sub]: [] } },
    { StringNotEquals: { [sub]: 'repo:octo/repo:*' } },
    { StringLikeIfExists: { [sub]: 'repo:octo/repo:*' } },
    { 'ForAllValues:StringLike': { [sub]: 'repo:octo/repo:*' } },
    { Null: { [sub]: 'false' } },
  ].map(condition => [trusting(gitHub, condition), unscoped(gitHub, gitHubKeys)] as const),
  [
    trusting([`arn:aws:iam::${account}:oidc-provider/idp.example`, `${gitHub}/octo`]),
    unscoped(
      `${gitHub}/octo`,
      'token.actions.githubusercontent.com/octo:sub or token.actions.githubusercontent.com/octo:job_workflow_ref',
    ),
  ],
  [
    trusting(`arn:aws:iam::${elsewhere}:oidc-provider/gitlab.com`, { StringEquals: { 'gitlab.com:aud': 'x' } }),
    unscoped(`arn:aws:iam::${elsewhere}:oidc-provider/gitlab.com`, 'gitlab.com:sub'),
  ],
]

for (const [given, text] of refusedDocuments) {
  test(`the trust policy ${given} is refused as AWS refuses it`, async () => {
    const error: unknown = await requireTrustPolicy(given, principals).catch((caught: unknown) => caught)

    assert.ok(error instanceof ServiceError, 'it is taken')
    assert.deepEqual([error.code, error.message], ['MalformedPolicyDocument', text])
  })
}

const taken: readonly (readonly [document: string, bound?: Json])[] = [
  [document(statement), { [alice]: 'AIDAALICE' }],
  [JSON.stringify({ Statement: statement }), { [alice]: 'AIDAALICE' }],
  [one({ Effect: 'Deny' }), { [alice]: 'AIDAALICE' }],
  [one({ Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'] }), { [alice]: 'AIDAALICE' }],
  [naming({ AWS: ['*', account, `arn:aws:iam::${account}:root`, `arn:aws:iam::${elsewhere}:root`] })],
  [
    naming({ AWS: `arn:aws:sts::${account}:assumed-role/admin/session` }),
    { [`arn:aws:sts::${account}:assumed-role/admin/session`]: 'AROAADMIN' },
  ],
  [naming({ Service: ['ec2.amazonaws.com', 'service.example'] })],
  [trusting(`arn:aws:iam::${account}:oidc-provider/idp.example`)],
  [trusting(`arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com.evil.example`)],
  [trusting(gitHub, { StringLike: { [sub]: 'repo:octo/*' } })],
  [trusting(gitHub, { stringequals: { 'TOKEN.actions.githubusercontent.com:SUB': ['repo:octo/a', 'repo:octo/b'] } })],
  [
    trusting(gitHub, {
      'ForAnyValue:StringLike': { 'token.actions.githubusercontent.com:job_workflow_ref': 'octo/*' },
    }),
  ],
  [one({ Effect: 'Deny', Principal: { Federated: gitHub } })],
  [
    trusting('arn:aws:iam::111122223333:oidc-provider/sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', {
      StringEquals: { 'sts:RoleSessionName': 'MicrosoftSentinel_x' },
    }),
  ],
]

for (const [given, bound = {}] of taken) {
  test(`the trust policy ${given} is taken, and bound to whom it names`, async () => {
    assert.deepEqual(await requireTrustPolicy(given, principals), bound)
  })
}

test('a trust policy has 2,048 characters at most, white space not counted', async () => {
  const shortest = one({ Sid: '' })
  const ofLength = (length: number): string => one({ Sid: 'x'.repeat(length - shortest.length) })

  await requireTrustPolicy(`${ofLength(2_048)}${' '.repeat(5_000)}`, principals)
  await assert.rejects(requireTrustPolicy(ofLength(2_049), principals), {
    code: 'LimitExceeded',
    message: 'Cannot exceed quota for ACLSizePerRole: 2048',
  })
})

const elements = fc.record({
  Effect: fc.oneof(fc.constantFrom('Allow', 'Deny'), fc.jsonValue()),
  Principal: fc.oneof(
    fc.record({ AWS: fc.oneof(fc.constantFrom(alice, '*', account), fc.jsonValue()) }),
    fc.record({ Federated: fc.oneof(fc.constantFrom(gitHub, 'cognito-identity.amazonaws.com'), fc.jsonValue()) }),
    fc.jsonValue(),
  ),
  Action: fc.oneof(fc.constantFrom('sts:AssumeRole', ['sts:*']), fc.jsonValue()),
  Condition: fc.oneof(
    fc.dictionary(
      fc.constantFrom('StringLike', 'Bool', 'Null'),
      fc.dictionary(fc.constantFrom(sub, 'a'), fc.jsonValue()),
    ),
    fc.jsonValue(),
  ),
})

test('what is taken as a trust policy compiles, whatever it is; all else is an error of the service', async () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    elements.map(each => document(each)),
  )
  await fc.assert(
    fc.asyncProperty(texts, async text => {
      try {
        await requireTrustPolicy(text, principals)
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error))
        return
      }
      compileTrustPolicy(text, { name: 'test' })
    }),
    { seed: 20_261_127, numRuns: 1_000 },
  )
})
