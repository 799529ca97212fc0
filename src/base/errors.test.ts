import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from './errors.ts'

test('ServiceError keeps its cause out of the message that the caller sees', () => {
  const cause = new Error('the disk said no')

  const error = new ServiceError('KMSInternalException', 'Cannot unwrap key material', { cause })

  assert.equal(error.message, 'Cannot unwrap key material')
  assert.equal(error.cause, cause)
})

test('ServiceError has no cause and no details where none are given', () => {
  const error = new ServiceError('NotFoundException')

  assert.equal(error.message, '')
  assert.ok(!('cause' in error))
  assert.deepEqual(error.details, {})
})
