import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quotaClasses, quotaOfKey, quotaOfOperation } from '../../src/services/index.ts'
import { model } from '../../src/wire/models/kms.ts'
import { changeRates, standardRates } from '../../src/server/kms-quotas.ts'
import type { QuotaRates } from '../../src/server/kms-quotas.ts'

const rateOf = (rates: QuotaRates | undefined, name: string): number | undefined =>
  rates?.[quotaClasses.findIndex(each => each.name === name)]

test('every operation of KMS has a class, of its own unless AWS lets it share one', () => {
  const shared = new Set<string>()
  for (const name of Object.keys(model.operations)) {
    const position = quotaOfOperation(name, undefined)
    if (position === 'by-key' || quotaClasses[position]!.name !== name) shared.add(name)
  }

  assert.deepEqual([...shared].sort(), [
    'Decapsulate',
    'Decrypt',
    'DeriveSharedSecret',
    'Encapsulate',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'GenerateRandom',
    'ReEncrypt',
    'Sign',
    'Verify',
    'VerifyMac',
  ])
})

for (const [spec, name] of [
  ['SYMMETRIC_DEFAULT', 'symmetric'],
  ['HMAC_256', 'symmetric'],
  ['RSA_4096', 'RSA'],
  ['ECC_NIST_EDWARDS25519', 'ECC'],
  ['ML_DSA_65', 'ML-DSA'],
  ['ML_KEM_768', 'ML-KEM'],
] as const) {
  test(`what uses a key of ${spec} is of the class ${name}`, () => {
    assert.equal(quotaClasses[quotaOfKey(spec)]!.name, name)
  })
}

test('pairs of data keys are counted by what is wanted, and those that nobody knows too', () => {
  const classOf = (KeyPairSpec: string): string =>
    quotaClasses[Number(quotaOfOperation('GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec }))]!.name

  assert.equal(classOf('RSA_3072'), 'GenerateDataKeyPair-RSA_3072')
  assert.equal(classOf('__proto__'), 'GenerateDataKeyPair-ECC_NIST_P256')
})

test('no quota is smaller than that of AWS where nothing is said', () => {
  assert.ok(quotaClasses.every(({ awsPerSecond, standardPerSecond }) => standardPerSecond >= awsPerSecond))
  assert.deepEqual(
    standardRates,
    quotaClasses.map(({ standardPerSecond }) => standardPerSecond),
  )
})

test('changeRates() takes all or one class, and says nothing of others', () => {
  assert.equal(rateOf(changeRates(standardRates, 'aws'), 'CreateKey'), 5)
  assert.equal(rateOf(changeRates(standardRates, 'off'), 'symmetric'), Infinity)
  const one = changeRates(standardRates, 'GetParametersForImport=0.25')
  assert.equal(rateOf(one, 'GetParametersForImport'), 0.25)
  assert.equal(rateOf(one, 'CreateKey'), rateOf(standardRates, 'CreateKey'))
  assert.equal(rateOf(changeRates(standardRates, 'CreateKey=0'), 'CreateKey'), Infinity)
  assert.equal(rateOf(changeRates(standardRates, 'CreateKey=off'), 'CreateKey'), Infinity)
})

for (const word of [
  '',
  'CreateKey',
  'CreateKey=',
  'CreateKey=-1',
  'CreateKey=1e9',
  'createkey=1',
  'Encrypt=1',
  'all=1',
])
  test(`changeRates() does not take "${word}"`, () => {
    assert.equal(changeRates(standardRates, word), undefined)
  })
