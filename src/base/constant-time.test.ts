import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameSecretText } from './constant-time.ts'

test('[A14] isSameSecretText() says whether two texts are the same, of whatever length', () => {
  assert.ok(isSameSecretText('', ''))
  assert.ok(isSameSecretText('0123', '0123'))
  for (const other of ['', '012', '01234', '0124', '1123', '012\u0663'])
    assert.ok(!isSameSecretText('0123', other), other)
})
