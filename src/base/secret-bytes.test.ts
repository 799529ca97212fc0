import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { SecretBytes } from './secret-bytes.ts'

const canary = 'canary-5f3a'
const newSecret = (text = canary): SecretBytes => new SecretBytes(Buffer.from(text))

/** Whether a text shows the secret in any form that Node prints bytes in. */
function shows(text: string): boolean {
  const bytes = Buffer.from(canary)
  const forms = [canary, bytes.toString('hex'), bytes.toString('base64'), [...bytes].join(',')]
  const spaced = bytes.toString('hex').replaceAll(/(..)/g, '$1 ').trim()
  return [...forms, spaced].some(form => text.replaceAll(/,\s+/g, ',').includes(form))
}

test('SecretBytes prints as [secret] as text, in JSON and in util.inspect', () => {
  const secret = newSecret()

  assert.equal(String(secret), '[secret]')
  assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
  assert.equal(inspect(secret), '[secret]')
})

test('[F60] SecretBytes shows its bytes to no way of printing', () => {
  const secret = newSecret()
  const error = new Error('failed', { cause: secret })

  const printed = [
    format('%s %o %O %j', secret, secret, secret, secret),
    inspect({ deep: { in: [secret] } }, { depth: null, showHidden: true }),
    inspect(secret, { customInspect: false, showHidden: true, depth: null }),
    inspect(error, { depth: null }),
    JSON.stringify([secret, Object.assign({}, secret)]),
    JSON.stringify(structuredClone(secret)),
    Object.entries(secret).join(),
    Reflect.ownKeys(secret).map(String).join(),
  ]

  for (const text of printed) assert.ok(!shows(text), text)
})

test('SecretBytes.wipe() overwrites the very bytes that it was given', () => {
  const bytes = Buffer.from(canary)
  const secret = new SecretBytes(bytes)

  secret.wipe()

  assert.deepEqual(bytes, Buffer.alloc(canary.length))
  assert.deepEqual(secret.exposeBytes(), bytes)
})

test('SecretBytes.isSameAs() compares content and length', () => {
  const secret = newSecret()

  assert.ok(secret.isSameAs(newSecret()))
  assert.ok(!secret.isSameAs(newSecret('canary-5f3b')))
  assert.ok(!secret.isSameAs(newSecret('canary-5f3')))
  assert.ok(!secret.isSameAs(newSecret('')))
  assert.ok(newSecret('').isSameAs(newSecret('')))
})

test('SecretBytes tells its length, and exposes its bytes only by that name', () => {
  const secret = newSecret()

  assert.equal(secret.length, canary.length)
  assert.equal(secret.exposeBytes().toString(), canary)
})
