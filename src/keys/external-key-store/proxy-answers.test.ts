import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  integrityValueOf,
  readAnswer,
  readCiphertext,
  readHealth,
  readKeyMetadata,
  readPlaintext,
} from './proxy-answers.ts'
import { ProxyFailure } from './proxy-failure.ts'
import type { ProxyFailureKind } from './proxy-failure.ts'

const failsAs = (kind: ProxyFailureKind, read: () => unknown): void =>
  assert.throws(read, error => error instanceof ProxyFailure && error.kind === kind)

const answer = (body: unknown, status = 200) =>
  readAnswer({ status, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) })

// The example of the specification: its Encrypt, and the hash of its appendix C.
const associatedData = Buffer.from('project=nile,department=marketing')
const message = Buffer.from('Hello World!')
const example = {
  authenticationTag: 'vBxN2ncH1oEkR8WVXpmyYQ==',
  ciphertext: 'ghxkK1txeDNn3q8Y',
  ciphertextDataIntegrityValue: 'qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=',
  ciphertextMetadata: 'a2V5X3ZlcnNpb249MQ==',
  initializationVector: 'HMrlRw85cAJUd5Ax',
}

/** The example, changed, with the integrity value that it has then. */
function consistent(changes: Readonly<Record<string, Buffer | undefined>>): object {
  const text = Object.fromEntries(Object.entries(changes).map(([name, bytes]) => [name, bytes?.toString('base64')]))
  const whole: Record<string, string | undefined> = { ...example, ...text }
  const bytes = (name: string): Buffer => Buffer.from(whole[name] ?? '', 'base64')
  const value = integrityValueOf(
    {
      ciphertext: bytes('ciphertext'),
      initializationVector: bytes('initializationVector'),
      authenticationTag: bytes('authenticationTag'),
      metadata: bytes('ciphertextMetadata'),
    },
    associatedData,
  )
  return { ...whole, ciphertextDataIntegrityValue: value.toString('base64') }
}

test('readCiphertext() takes the example of the specification, with its integrity value', () => {
  const read = readCiphertext(answer(example), message, associatedData)

  assert.equal(read.metadata.toString(), 'key_version=1')
  assert.equal(read.ciphertext.length, message.length)
})

test('readCiphertext() takes an answer without metadata, and a vector of 16 bytes', () => {
  const changes = { ciphertextMetadata: undefined, initializationVector: randomBytes(16) }

  assert.equal(readCiphertext(answer(consistent(changes)), message, associatedData).metadata.length, 0)
})

test('readCiphertext() refuses every answer in which one bit of what the integrity value is of was flipped', () => {
  for (const name of ['authenticationTag', 'ciphertext', 'ciphertextMetadata', 'initializationVector'] as const) {
    const bytes = Buffer.from(example[name], 'base64')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      failsAs('malformed', () =>
        readCiphertext(answer({ ...example, [name]: flipped.toString('base64') }), message, associatedData),
      )
    }
  }
})

const malformedCiphertexts: Readonly<Record<string, object>> = {
  'without an integrity value': { ...example, ciphertextDataIntegrityValue: undefined },
  'with an integrity value of other associated data': {
    ...example,
    ciphertextDataIntegrityValue: randomBytes(32).toString('base64'),
  },
  'with a ciphertext that is longer': consistent({ ciphertext: randomBytes(13) }),
  'with a ciphertext that is shorter': consistent({ ciphertext: randomBytes(11) }),
  'with the plaintext as the ciphertext': consistent({ ciphertext: message }),
  'with a vector of 8 bytes': consistent({ initializationVector: randomBytes(8) }),
  'with a tag of 12 bytes': consistent({ authenticationTag: randomBytes(12) }),
  'with 21 bytes of metadata': consistent({ ciphertextMetadata: randomBytes(21) }),
  'without a tag': { ...example, authenticationTag: undefined },
  'with a number in place of base64': { ...example, ciphertext: 7 },
  'with base64url': { ...example, authenticationTag: 'vBxN2ncH1oEkR8WVXpmyYQ' },
}

for (const [title, body] of Object.entries(malformedCiphertexts)) {
  test(`readCiphertext() refuses an answer ${title}`, () => {
    failsAs('malformed', () => readCiphertext(answer(body), message, associatedData))
  })
}

test('readPlaintext() refuses what is not as long as the ciphertext', () => {
  failsAs('malformed', () => readPlaintext(answer({ plaintext: 'AAAA' }), 4))
})

for (const [title, body] of [
  ['no JSON', 'Hello'],
  ['nothing', ''],
  ['an array', '[]'],
  ['null', 'null'],
  ['a member twice', '{"plaintext":"AA==","plaintext":"AQ=="}'],
  ['deep nesting', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
] as const) {
  test(`readAnswer() refuses ${title}`, () => {
    failsAs('malformed', () => answer(body))
  })
}

test('readAnswer() refuses bytes that are no UTF-8', () => {
  failsAs('malformed', () => readAnswer({ status: 200, body: Buffer.from([0x7b, 0xff, 0x7d]) }))
})

test('readAnswer() takes the errors of the proxy API by their names, and no other name', () => {
  failsAs('KeyNotFoundException', () => answer({ errorName: 'KeyNotFoundException' }, 404))
  failsAs('ThrottlingException', () => answer({ errorName: 'ThrottlingException' }, 429))
  for (const errorName of ['timeout', 'tls', '__proto__', 'constructor', 'SomeException', 7, undefined])
    failsAs('malformed', () => answer({ errorName }, 400))
})

test('readAnswer() takes no redirect for an answer, not even one that names an error', () => {
  failsAs('malformed', () => answer({ errorName: 'KeyNotFoundException' }, 302))
  failsAs('malformed', () => answer(example, 201))
})

test('a proxy’s own message is not what callers of KMS see', () => {
  assert.throws(
    () => answer({ errorName: 'InternalException', errorMessage: 'HSM 10.0.0.9 says no' }, 500),
    error =>
      error instanceof ProxyFailure &&
      error.message.includes('10.0.0.9') &&
      !error.toServiceError('use').message.includes('10.0.0.9'),
  )
})

const health = {
  xksProxyFleetSize: 1,
  xksProxyVendor: 'a',
  xksProxyModel: 'b',
  ekmVendor: 'c',
  ekmFleetDetails: [
    { id: '1', model: 'm', healthStatus: 'UNAVAILABLE' },
    { id: '2', model: 'm', healthStatus: 'DEGRADED' },
  ],
}

test('readHealth() is content with one key manager that serves, and with none fails as what cannot be reached', () => {
  readHealth(answer(health))

  const [down] = health.ekmFleetDetails
  failsAs('unavailable', () => readHealth(answer({ ...health, ekmFleetDetails: [down] })))
})

for (const [title, changes] of [
  ['no key manager', { ekmFleetDetails: [] }],
  ['eleven key managers', { ekmFleetDetails: Array(11).fill(health.ekmFleetDetails[1]) }],
  ['a key manager of unknown state', { ekmFleetDetails: [{ id: '1', model: 'm', healthStatus: 'FINE' }] }],
  ['no fleet', { xksProxyFleetSize: 0 }],
  ['no vendor', { xksProxyVendor: undefined }],
] as const) {
  test(`readHealth() refuses an answer with ${title}`, () => {
    failsAs('malformed', () => readHealth(answer({ ...health, ...changes })))
  })
}

for (const [title, body] of [
  ['without a spec', { keyUsage: [], keyStatus: 'ENABLED' }],
  ['of another status', { keySpec: 'AES_256', keyUsage: [], keyStatus: 'PENDING' }],
  ['with eleven usages', { keySpec: 'AES_256', keyUsage: Array(11).fill('ENCRYPT'), keyStatus: 'ENABLED' }],
  ['whose usage is one text', { keySpec: 'AES_256', keyUsage: 'ENCRYPT', keyStatus: 'ENABLED' }],
] as const) {
  test(`readKeyMetadata() refuses a description ${title}`, () => {
    failsAs('malformed', () => readKeyMetadata(answer(body)))
  })
}
