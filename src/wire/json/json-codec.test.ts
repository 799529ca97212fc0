import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../../base/index.ts'
import { model as kms } from '../models/kms.ts'
import { createJsonCodec } from './json-codec.ts'

function decode(operation: string, input: object): unknown {
  const contentType = 'application/x-amz-json-1.1'
  const body = Buffer.from(JSON.stringify(input))
  return createJsonCodec(kms)
    .open({ target: `TrentService.${operation}`, contentType, body })
    .decode()
}

function messageOf(operation: string, input: object): string {
  try {
    decode(operation, input)
  } catch (error) {
    assert.ok(error instanceof ServiceError)
    return error.message
  }
  return assert.fail('It was decoded')
}

test('KMS tells what is asked of the elements of a list once, and of the list, and shows no grant token', () => {
  const message = messageOf('DescribeKey', { KeyId: 'k', GrantTokens: ['', 'token', ''] })

  assert.equal(
    message,
    "1 validation error detected: Value at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 8192, Member must have length greater than or equal to 1, Member must not be null]",
  )
})

test('KMS tells the length before the pattern, and shows the value', () => {
  const message = messageOf('CreateAlias', { AliasName: '', TargetKeyId: 'k' })

  assert.match(message, /^2 validation errors detected: Value '' at 'aliasName' .*equal to 1; .*pattern: [^;]+$/)
})

test('KMS counts the characters of a description, not its units', () => {
  const Description = '😀'.repeat(8_192)

  assert.deepEqual(decode('CreateKey', { Description }), { Description })
  assert.match(messageOf('CreateKey', { Description: `${Description}a` }), /length less than or equal to 8192$/)
})

for (const operation of ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']) {
  test(`${operation} tells the specs of keys where those of data keys are asked for, as AWS does, and takes no other`, () => {
    const message = messageOf(operation, { KeyId: 'k', KeySpec: 'FOO' })

    assert.match(message, /Value 'FOO' at 'keySpec' .* enum value set: \[.*SYMMETRIC_DEFAULT.*\]$/)
    assert.doesNotMatch(message, /AES_256/)
    assert.match(messageOf(operation, { KeyId: 'k', KeySpec: 'RSA_2048' }), /at 'keySpec'/)
    assert.deepEqual(decode(operation, { KeyId: 'k', KeySpec: 'AES_256' }), { KeyId: 'k', KeySpec: 'AES_256' })
  })
}

test('KMS says first what is missing, before it looks at what an alias may name', () => {
  const missing =
    "1 validation error detected: Value null at 'policy' failed to satisfy constraint: Member must not be null"

  assert.equal(messageOf('PutKeyPolicy', { KeyId: 'alias/app' }), missing)
  assert.match(
    messageOf('CreateAlias', { AliasName: 'no-prefix' }),
    /^1 validation error detected: Value null at 'targetKeyId'/,
  )
})
