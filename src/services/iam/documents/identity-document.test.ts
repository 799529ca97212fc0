import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ServiceError } from '../../../base/index.ts'
import { compileIdentityPolicy } from '../../../policy/index.ts'
import { requireManagedPolicy } from '../policy-document.ts'
import { identityDocumentFault } from './identity-document.ts'

const bucket = 'arn:aws:s3:::b'
const statement = { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket }
const version = { Version: '2012-10-17' }

type Json = Readonly<Record<string, unknown>>

/** A statement like the usual one, but for some elements; `undefined` takes one out. */
const like = (changed: Json): Json => ({ ...statement, ...changed })
const document = (...statements: readonly Json[]): Json => ({ ...version, Statement: statements })
const one = (changed: Json): Json => document(like(changed))
const condition = (Condition: unknown): Json => one({ Condition })
const resource = (Resource: unknown): Json => one({ Resource })

const syntax = 'Syntax errors in policy.'
const oldVersion = 'Policy document must be version 2012-10-17 or greater.'
const legacy = 'The policy failed legacy parsing'
const noActions = 'Policy statement must contain actions.'
const noResources = 'Policy statement must contain resources.'
const twice = 'Statement IDs (SID) in a single policy must be unique.'
const noVendor = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
const unqualified = 'Resource vendor must be fully qualified and cannot contain regexes.'
const iamPath =
  'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.'

// What AWS says of these documents: recorded from CreatePolicy, but for those that a comment says are ours.
const refusedDocuments: readonly (readonly [document: Json | string, text: string])[] = [
  ['not JSON', syntax],
  ['', syntax],
  ['[]', syntax],
  ['null', syntax],
  ['{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', syntax],
  [{}, syntax],
  [{ Version: '2013-10-17', Statement: [statement] }, syntax],
  [version, syntax],
  [document(), syntax],
  [{ ...version, Statement: ['x'] }, syntax],
  [{ ...document(statement), Unknown: 'x' }, syntax],
  [one({ Unknown: 'x' }), syntax],
  [{ ...document(statement), Id: ['a'] }, syntax],
  [{ ...document(statement), Id: {} }, syntax],
  [one({ Sid: {} }), syntax],
  [one({ Sid: ['a'] }), syntax],
  [one({ Effect: 'invalid' }), syntax],
  [one({ Effect: undefined }), syntax],
  [one({ Action: {} }), syntax],
  [one({ Action: [[]] }), syntax],
  [resource({}), syntax],
  [resource(['x', {}]), syntax],
  [one({ NotAction: 's3:ListBucket' }), syntax],
  [one({ NotResource: bucket }), syntax],
  [one({ NotResource: [] }), syntax],
  [condition([]), syntax],
  [condition('a'), syntax],
  [condition([{}]), syntax],
  [condition({ a: 'b' }), syntax],
  [condition({ DateGreaterThan: 'b' }), syntax],
  [condition({ DateGreaterThan: [] }), syntax],
  [condition({ DateGreaterThan: { a: {} } }), syntax],
  [condition({ StringEquals: { a: null } }), syntax],
  [condition({ x: { a: '1' } }), syntax],
  [condition({ 'ForAnyValue::StringEqualsIfExists': { a: 'b' } }), syntax],
  [{ Statement: [statement] }, oldVersion],
  [{ Version: '2008-10-17', Statement: [statement] }, oldVersion],
  [{ Statement: [like({ Sid: 'a' }), like({ Sid: 'a' })] }, oldVersion],
  [{ Statement: [like({ Condition: { DateGreaterThan: { a: 'sdfdsf' } } })] }, oldVersion],
  [{ Statement: [like({ Effect: 'denY' })] }, oldVersion],
  [one({ Principal: '*' }), 'Policy document should not specify a principal.'],
  [one({ NotPrincipal: { AWS: '*' } }), 'Policy document should not specify a principal.'],
  [one({ Effect: 'denY' }), legacy],
  [one({ Effect: 'allow', Action: undefined }), legacy],
  [document(like({ Effect: 'aLLow', Sid: 'a' }), like({ Sid: 'a' })), legacy],
  [condition({ DateGreaterThan: { a: 'sdfdsf' } }), legacy],
  [one({ Condition: { DateGreaterThan: { a: 'sdfdsf' } }, Action: undefined }), legacy],
  [one({ Condition: { DateGreaterThan: { a: 'sdfdsf' } }, Resource: 'arn:error:s3:::x' }), legacy],
  [condition({ DateGreaterThan: { a: '234-13' } }), legacy],
  [condition({ DateGreaterThan: { a: '2016-12-13t2:00:00.593194+1' } }), legacy],
  // Ours.
  [condition({ NumericEquals: { a: 'b' } }), legacy],
  [condition({ IpAddress: { 'aws:SourceIp': '1.2.3' } }), legacy],
  [condition({ Bool: { a: 'maybe' } }), legacy],
  [resource('invalid resource'), 'Resource invalid resource must be in ARN format or "*".'],
  [resource(''), 'Resource  must be in ARN format or "*".'],
  [resource(['adf']), 'Resource adf must be in ARN format or "*".'],
  [one({ Resource: ['adf'], Action: 's:3:ListBucket' }), 'Resource adf must be in ARN format or "*".'],
  [resource('a:bsdf'), 'Partition "bsdf" is not valid for resource "arn:bsdf:*:*:*:*".'],
  [resource('a:b:cad'), 'Partition "b" is not valid for resource "arn:b:cad:*:*:*".'],
  [resource('a:b:c:d:e:f:g:h'), 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".'],
  [resource('aws:s3:::x'), 'Partition "s3" is not valid for resource "arn:s3:::x:*".'],
  [resource('arn:error:s3:::x'), 'Partition "error" is not valid for resource "arn:error:s3:::x".'],
  [resource('arn:aws-cn:s3:::x'), 'Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::x".'],
  // Ours: what would be matched differently than it reads.
  [resource('a:aws:s3:::x'), 'Resource a:aws:s3:::x must be in ARN format or "*".'],
  [resource('arn:aws'), unqualified],
  [resource('arn:aws:*:::x'), unqualified],
  [resource('arn:*'), unqualified],
  [resource('arn:aws:s3::b'), legacy],
  [resource('arn:aws::::b'), legacy],
  [resource('arn:aws::x'), legacy],
  [one({ Resource: undefined, NotResource: 'arn:aws:s3::b' }), legacy],
  [one({ Action: undefined, Resource: 'arn:aws:s3::b' }), legacy],
  [document(like({ Sid: 'a' }), like({ Sid: 'a', Action: undefined })), twice],
  [
    one({ Sid: 'with blanks' }),
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  ],
  [one({ Action: undefined }), noActions],
  [one({ Action: [] }), noActions],
  [document({ Effect: 'Allow' }), noActions],
  [one({ Resource: undefined }), noResources],
  [one({ Resource: [] }), noResources],
  [one({ Resource: undefined, Action: 'invalid' }), noResources],
  [one({ Action: 'invalid' }), noVendor],
  [one({ Action: undefined, NotAction: '' }), noVendor],
  [one({ Action: 'a a:ListBucket' }), 'Vendor a a is not valid'],
  [one({ Action: 's*:ListBucket' }), 'Vendor s* is not valid'],
  [one({ Action: 's3:List:Bucket' }), 'Actions/Condition can contain only one colon.'],
  [resource('arn:aws:iam:::b'), iamPath],
  [resource('arn:aws:iam::111122223333:policy'), iamPath],
  [resource('arn:aws:iam:us-east-1::b'), 'IAM resource arn:aws:iam:us-east-1::b cannot contain region information.'],
  [resource('arn:aws:s3:us-east-1::b'), 'Resource arn:aws:s3:us-east-1::b can not contain region information.'],
]

for (const [given, text] of refusedDocuments) {
  const json = typeof given === 'string' ? given : JSON.stringify(given)
  test(`the identity policy ${json} is refused as AWS refuses it`, () => {
    assert.equal(identityDocumentFault(json, { isManaged: true }), text)
  })
}

const taken: readonly Json[] = [
  document(statement),
  { ...version, Statement: statement },
  { ...document(statement), Id: 'a' },
  one({ Action: 'service-prefix:x' }),
  one({ Action: 'iam: asdf safdsf af ' }),
  one({ Action: ['s3-s:', 's3.s:', '*', 'kms:*Key', 'kms:?ecrypt'] }),
  resource('*'),
  resource('arn:aws:fdsasf'),
  resource('arn:aws:fdsasf:us-east-1::x'),
  resource('arn:*:s3:::x'),
  // Its account and colons inside a variable.
  resource("arn:aws:s3:::${aws:username, 'a:b'}/*"),
  resource([
    'arn:aws:iam::111122223333:root',
    'arn:aws:iam::*:role/a',
    'arn:aws:iam::aws:policy/x',
    'arn:aws:iam::*:*',
  ]),
  resource('arn:aws:s3:us-east-1:111122223333:accesspoint/a'),
  resource(bucket),
  one({ Action: undefined, NotAction: 's3:*', Resource: undefined, NotResource: '*' }),
  one({ Sid: '' }),
  document(like({ Sid: 'a' }), like({ Sid: 'A' }), like({ Sid: '' }), like({ Sid: '' })),
  condition({}),
  condition({ DateGreaterThan: {} }),
  condition({ DateGreaterThan: { a: [] } }),
  condition({ a: {} }),
  condition({ x: {}, y: {} }),
  condition({
    'ForAnyValue:StringEqualsIfExists': { a: ['b', 1, true] },
    Bool: { c: true },
    NumericLessThan: { d: 1 },
  }),
]

for (const given of taken) {
  test(`the identity policy ${JSON.stringify(given)} is taken, and can be decided`, () => {
    assert.doesNotThrow(() => {
      requireManagedPolicy(JSON.stringify(given))
    })
  })
}

test('an inline policy may be of the older version, or of none', () => {
  for (const given of [{ Statement: [statement] }, { Version: '2008-10-17', Statement: [statement] }]) {
    assert.equal(identityDocumentFault(JSON.stringify(given), { isManaged: false }), undefined)
  }
})

const elements = fc.record(
  {
    Sid: fc.oneof(fc.string(), fc.jsonValue()),
    Effect: fc.oneof(fc.constantFrom('Allow', 'Deny', 'deny'), fc.jsonValue()),
    Action: fc.oneof(fc.constantFrom('s3:*', '*', 's3:', 'a:b:c', [], ['s3:Get']), fc.jsonValue()),
    Resource: fc.oneof(fc.constantFrom('*', 'arn:aws:s3', bucket, 'arn:*:iam', 'arn:${a'), fc.jsonValue()),
    Condition: fc.oneof(
      fc.dictionary(
        fc.constantFrom('StringEquals', 'DateEquals', 'Null', 'x'),
        fc.dictionary(fc.string(), fc.jsonValue()),
      ),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: ['Effect'] },
)

test('what is taken as an identity policy can be decided, whatever it is; all else is MalformedPolicyDocument', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        elements.map(each => JSON.stringify(document(each))),
      ),
      text => {
        try {
          requireManagedPolicy(text)
        } catch (error) {
          assert.ok(error instanceof ServiceError && error.code === 'MalformedPolicyDocument')
          return
        }
        compileIdentityPolicy(text, { name: 'test' })
      },
    ),
    { seed: 20_261_126, numRuns: 1_000 },
  )
})
