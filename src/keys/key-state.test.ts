import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../base/index.ts'
import type { KeyState, KeyValue } from './key-records.ts'
import { requireState } from './key-state.ts'

const arn = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const keyIn = (state: KeyState): KeyValue => ({ arn, state }) as KeyValue
const disabled = keyIn({ kind: 'disabled' })
const pending = keyIn({ kind: 'pending-deletion', deleteAt: 0, windowDays: 7 })

const isServiceError =
  (code: string, message: string) =>
  (error: unknown): boolean =>
    error instanceof ServiceError && error.code === code && error.message === message

// What each operation permits is checked against AWS's table in test/kms/key-states.test.ts.

test('requireState() wants an enabled key for an operation that it does not know', () => {
  requireState(keyIn({ kind: 'enabled' }), 'NewOperation')

  assert.throws(
    () => requireState(disabled, 'NewOperation'),
    isServiceError('DisabledException', `${arn} is disabled.`),
  )
  assert.throws(
    () => requireState(pending, 'NewOperation'),
    isServiceError('KMSInvalidStateException', `${arn} is pending deletion.`),
  )
})

test('requireState() knows no operation by a name that objects have of themselves', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    assert.throws(() => requireState(disabled, name), isServiceError('DisabledException', `${arn} is disabled.`), name)
    assert.throws(() => requireState(pending, name), ServiceError, name)
  }
})
