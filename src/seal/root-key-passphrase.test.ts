import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, SecretBytes, seededRandom } from '../base/index.ts'
import { newPassphraseParameters, parsePassphraseParameters, rootKeyFromPassphrase } from './root-key-passphrase.ts'
import type { PassphraseParameters } from './root-key-passphrase.ts'

const random = seededRandom(20_261_124)
const passphraseOf = (text: string): SecretBytes => new SecretBytes(Buffer.from(text))

// The least that is taken: these tests are about what is derived, not about how long it takes.
const quick: PassphraseParameters = {
  algorithm: 'argon2id',
  salt: Buffer.from('somesaltsomesalt').toString('base64'),
  memoryKibibytes: 8_192,
  passes: 1,
  parallelism: 1,
}

// Computed with the argon2id of @noble/hashes 1.8.0, which gives the reference program's answers.
for (const [cost, expected] of [
  [quick, '12cb4c3c598fc0457564ab1881052fe49f99834890ca56b29060799266cf9d21'],
  [
    { ...quick, memoryKibibytes: 65_536, passes: 3, parallelism: 4 },
    '9ad07bbd9285b844035737997b9953b5fdc13c2d5ee412f550acbb216fd2a55d',
  ],
] as const) {
  test(`rootKeyFromPassphrase() is argon2id with ${cost.memoryKibibytes} KiB, passes ${cost.passes}, lanes ${cost.parallelism}`, () => {
    const { key } = rootKeyFromPassphrase(passphraseOf('correct horse battery staple'), cost)

    assert.equal(key.export().toString('hex'), expected)
  })
}

test('rootKeyFromPassphrase() gives another key for another passphrase, salt or cost', () => {
  const keys = [
    rootKeyFromPassphrase(passphraseOf('one'), quick),
    rootKeyFromPassphrase(passphraseOf('One'), quick),
    rootKeyFromPassphrase(passphraseOf('one '), quick),
    rootKeyFromPassphrase(passphraseOf('one'), { ...quick, salt: random(16).toString('base64') }),
    rootKeyFromPassphrase(passphraseOf('one'), { ...quick, passes: 2 }),
    rootKeyFromPassphrase(passphraseOf('one'), { ...quick, parallelism: 2 }),
    rootKeyFromPassphrase(passphraseOf('one'), { ...quick, memoryKibibytes: 8_193 }),
  ]

  assert.equal(new Set(keys.map(({ id }) => id)).size, keys.length)
})

test('rootKeyFromPassphrase() refuses an empty passphrase', () => {
  assert.throws(
    () => rootKeyFromPassphrase(passphraseOf(''), quick),
    /^ConfigError: The passphrase is empty: give one$/,
  )
})

test('newPassphraseParameters() chooses 64 MiB, 3 passes and 4 lanes, and a salt of its own each time', () => {
  const [one, other] = [newPassphraseParameters(random), newPassphraseParameters(random)]

  assert.deepEqual(
    { ...one, salt: '' },
    { algorithm: 'argon2id', salt: '', memoryKibibytes: 65_536, passes: 3, parallelism: 4 },
  )
  assert.notEqual(one.salt, other.salt)
})

test('parsePassphraseParameters() reads what newPassphraseParameters() has made', () => {
  const parameters = newPassphraseParameters(random)

  assert.deepEqual(parsePassphraseParameters(JSON.parse(JSON.stringify(parameters))), parameters)
})

for (const altered of [
  undefined,
  null,
  'argon2id',
  {},
  { ...quick, algorithm: 'argon2i' },
  { ...quick, algorithm: 'scrypt' },
  { ...quick, salt: '' },
  { ...quick, salt: 'c2hvcnQ=' },
  { ...quick, salt: 7 },
  { ...quick, memoryKibibytes: 8 },
  { ...quick, memoryKibibytes: 4_194_304 },
  { ...quick, passes: 0 },
  { ...quick, passes: 1_000 },
  { ...quick, passes: 1.5 },
  { ...quick, parallelism: '4' },
  { ...quick, parallelism: Number.NaN },
]) {
  test(`parsePassphraseParameters() refuses ${JSON.stringify(altered)}`, () => {
    assert.throws(() => parsePassphraseParameters(altered), ConfigError)
  })
}
