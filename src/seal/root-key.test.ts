import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { SecretBytes } from '../base/index.ts'
import { rootKeyOf } from './root-key.ts'

const secretOf = (byte: number, length = 32): SecretBytes => new SecretBytes(Buffer.alloc(length, byte))

test('rootKeyOf() wipes the bytes that it was given', () => {
  const bytes = Buffer.alloc(32, 7)

  rootKeyOf(new SecretBytes(bytes))

  assert.deepEqual(bytes, Buffer.alloc(32))
})

test('rootKeyOf() gives the same id for the same bytes, and another for others', () => {
  assert.match(rootKeyOf(secretOf(7)).id, /^[0-9a-f]{16}$/)
  assert.equal(rootKeyOf(secretOf(7)).id, rootKeyOf(secretOf(7)).id)
  assert.notEqual(rootKeyOf(secretOf(7)).id, rootKeyOf(secretOf(8)).id)
})

test('rootKeyOf() refuses any other number of bytes', () => {
  for (const length of [0, 16, 31, 33, 64]) assert.throws(() => rootKeyOf(secretOf(7, length)), TypeError)
})

test('[F60] a root key does not print', () => {
  const printed =
    inspect(rootKeyOf(secretOf(0x61)), { depth: null, showHidden: true }) + JSON.stringify(rootKeyOf(secretOf(0x61)))

  assert.doesNotMatch(printed, /aaaa|6161|61 61|97, ?97/)
})
