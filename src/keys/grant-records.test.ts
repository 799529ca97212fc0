import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { namedGrantRecordId } from './grant-records.ts'

const wanted = {
  keyArn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  region: 'us-west-2',
  issuingAccount: '111122223333',
  grantee: { id: 'AIDAEXAMPLEEXAMPLE22', arn: 'arn:aws:iam::111122223333:user/alice' },
  operations: ['Decrypt', 'Encrypt'],
  constraints: {},
  name: 'nightly',
}
const context = { a: '1', b: '2' }

test('namedGrantRecordId() is the same for the same request, in whatever order it is written', () => {
  const same = [
    [wanted, { ...wanted, operations: ['Encrypt', 'Decrypt'] }],
    [
      { ...wanted, constraints: { encryptionContextEquals: context } },
      { ...wanted, constraints: { encryptionContextEquals: { b: '2', a: '1' } } },
    ],
    // The ARN may change while the user is the same.
    [wanted, { ...wanted, grantee: { ...wanted.grantee, arn: 'arn:aws:iam::111122223333:user/renamed' } }],
  ] as const

  for (const [one, other] of same) assert.equal(namedGrantRecordId(one), namedGrantRecordId(other))
})

test('namedGrantRecordId() is another for each other request', () => {
  const others = [
    wanted,
    { ...wanted, name: 'Nightly' },
    { ...wanted, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' },
    { ...wanted, region: 'eu-west-1' },
    { ...wanted, issuingAccount: '444455556666' },
    { ...wanted, grantee: { ...wanted.grantee, id: 'AIDAEXAMPLEEXAMPLE33' } },
    { ...wanted, retiring: wanted.grantee },
    { ...wanted, operations: ['Decrypt'] },
    { ...wanted, constraints: { sourceArn: 'arn:aws:s3:::bucket' } },
    { ...wanted, constraints: { encryptionContextEquals: {} } },
    { ...wanted, constraints: { encryptionContextSubset: {} } },
    { ...wanted, constraints: { encryptionContextEquals: context } },
    { ...wanted, constraints: { encryptionContextSubset: context } },
  ]

  assert.equal(new Set(others.map(namedGrantRecordId)).size, others.length)
})

test('namedGrantRecordId() tells any two contexts apart', () => {
  const pairs = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), { maxKeys: 3 })
  const idOf = (encryptionContextEquals: Readonly<Record<string, string>>): string =>
    namedGrantRecordId({ ...wanted, constraints: { encryptionContextEquals } })
  const entries = (of: Readonly<Record<string, string>>): string =>
    JSON.stringify(
      Object.entries(of)
        .map(pair => JSON.stringify(pair))
        .sort(),
    )

  fc.assert(
    fc.property(pairs, pairs, (one, other) => {
      assert.equal(idOf(one) === idOf(other), entries(one) === entries(other))
    }),
    { seed: 20_261_125, numRuns: 2_000 },
  )
})
