import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../base/index.ts'
import { SlowWorkFullError } from '../crypto/index.ts'
import { publicFailure } from './internal-error.ts'

test('publicFailure() answers slow work that has no room as too many requests, which clients send again', () => {
  const cause = new SlowWorkFullError()

  const { code, message, cause: told } = publicFailure('kms', cause)

  assert.equal(code, 'ThrottlingException')
  assert.equal(message, 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.')
  assert.equal(told, cause)
})

test('publicFailure() tells nothing of a bug, and leaves what an API promises as it is', () => {
  const promised = new ServiceError('NotFoundException', 'There is none')

  assert.equal(publicFailure('kms', promised), promised)
  const { code, message } = publicFailure('kms', new TypeError('a secret'))
  assert.equal(code, 'KMSInternalException')
  assert.ok(!message.includes('a secret'))
})
