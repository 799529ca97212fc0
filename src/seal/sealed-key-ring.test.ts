import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ConfigError, SecretBytes, seededRandom } from '../base/index.ts'
import { UnwrapError } from './key-ring.ts'
import type { KeyRing } from './key-ring.ts'
import type { SealedKeyRing } from './parse-sealed-key-ring.ts'
import { newPassphraseParameters } from './root-key-passphrase.ts'
import { rootKeyOf } from './root-key.ts'
import type { RootKey } from './root-key.ts'
import { createKeyRing, openKeyRing, resealKeyRing } from './sealed-key-ring.ts'

const seed = 20_261_124
const random = seededRandom(seed)
const newRoot = (): RootKey => rootKeyOf(new SecretBytes(random(32)))
const secretOf = (text: string): SecretBytes => new SecretBytes(Buffer.from(text))

const root = newRoot()
const sealed = createKeyRing(root, random)
const ring = openKeyRing(root, sealed, random)
const place = ['key material', '111122223333', 'us-west-2']

const unwrapText = (opener: KeyRing, wrapped: string, at = place): string =>
  opener.unwrap(wrapped, at).exposeBytes().toString()

/** As the store keeps it: a JSON value. */
const stored = (value: SealedKeyRing): SealedKeyRing => JSON.parse(JSON.stringify(value)) as SealedKeyRing

test('unwrap() gives back what wrap() was given, in this process and after the next start', () => {
  const roundTrip = fc.property(
    fc.uint8Array({ maxLength: 100 }),
    fc.array(fc.string(), { maxLength: 4 }),
    (bytes, at) => {
      const wrapped = ring.wrap(new SecretBytes(Buffer.from(bytes)), at)
      const reopened = openKeyRing(root, stored(sealed))
      assert.deepEqual(reopened.unwrap(wrapped, at).exposeBytes(), Buffer.from(bytes))
    },
  )

  fc.assert(roundTrip, { seed })
})

test('wrap() gives another text each time', () => {
  const wrapped = Array.from({ length: 100 }, () => ring.wrap(secretOf('same'), place))

  assert.equal(new Set(wrapped).size, wrapped.length)
})

test('unwrap() refuses a wrapped secret of which any one character is altered', () => {
  const wrapped = ring.wrap(secretOf('secret'), place)

  for (let at = 0; at < wrapped.length; at++) {
    for (const letter of ['A', 'B', '2', '=', ' ', '.']) {
      if (wrapped[at] === letter) continue
      const altered = wrapped.slice(0, at) + letter + wrapped.slice(at + 1)
      assert.throws(() => ring.unwrap(altered, place), UnwrapError, `character ${at} as "${letter}"`)
    }
  }
})

test('unwrap() refuses every other text with the same error', () => {
  const wrapped = ring.wrap(secretOf('secret'), place)
  const others = [
    '',
    '1',
    '1.',
    '0.AAAA',
    '-1.AAAA',
    '2.AAAA',
    `${wrapped}A`,
    `${wrapped}\n`,
    ` ${wrapped}`,
    wrapped.slice(0, -4),
  ]
  const messages = new Set<string>()

  for (const other of [...others, wrapped.replace('1.', '01.'), wrapped.replace('1.', '999999999.')]) {
    assert.throws(
      () => ring.unwrap(other, place),
      (error: unknown) => error instanceof UnwrapError && messages.add(error.message) !== undefined,
      other,
    )
  }

  assert.equal(messages.size, 1)
})

test('[J78] unwrap() refuses a secret that was moved to another record', () => {
  const wrapped = ring.wrap(secretOf('secret'), place)
  const others = [
    [],
    place.slice(1),
    [...place, ''],
    ['access key', ...place.slice(1)],
    [place.join('')],
    [...place].reverse(),
  ]

  for (const other of others) assert.throws(() => ring.unwrap(wrapped, other), UnwrapError, other.join())
  assert.equal(unwrapText(ring, wrapped), 'secret')
})

test('unwrap() refuses what another installation has wrapped', () => {
  const other = openKeyRing(root, createKeyRing(root, random))

  assert.throws(() => other.unwrap(ring.wrap(secretOf('secret'), place), place), UnwrapError)
})

test('deriveKey() gives the same key for a purpose at each start, another for another purpose or installation', () => {
  const reopened = openKeyRing(root, stored(sealed))
  const other = openKeyRing(root, createKeyRing(root, random))

  const key = ring.deriveKey('session token')

  assert.equal(key.length, 32)
  assert.ok(reopened.deriveKey('session token').isSameAs(key))
  assert.ok(!ring.deriveKey('session secret').isSameAs(key))
  assert.ok(!other.deriveKey('session token').isSameAs(key))
})

test('[J80] openKeyRing() refuses a restored ring under another root key, in one line that names both', () => {
  const other = newRoot()

  assert.throws(
    () => openKeyRing(other, stored(sealed)),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(
        error.message,
        `This is not the root key of the data directory: it wants the one with id ${root.id}, this one has ${other.id}. Name the right file with --root-key`,
      )
      return true
    },
  )
})

test('openKeyRing() refuses a ring whose root key id was forged for another root key', () => {
  const other = newRoot()

  assert.throws(() => openKeyRing(other, { ...sealed, rootKeyId: other.id }), /^ConfigError: .*was altered/)
})

test('openKeyRing() speaks of the passphrase where the root key comes from one', () => {
  const withPassphrase = createKeyRing(root, random, newPassphraseParameters(random))

  assert.throws(() => openKeyRing(newRoot(), withPassphrase), /^ConfigError: This is not the passphrase/)
})

test('a sealed ring holds no key in the clear', () => {
  const given: Buffer[] = []
  const watched = (length: number): Buffer => {
    const bytes = random(length)
    given.push(Buffer.from(bytes))
    return bytes
  }

  const text = JSON.stringify(createKeyRing(root, watched))

  for (const key of given.filter(({ length }) => length === 32))
    assert.ok(!text.includes(key.toString('base64').slice(0, 40)) && !text.includes(key.toString('hex')))
})

test('openKeyRing() refuses a ring of which any one character of a key is altered', () => {
  for (let at = 0; at < sealed.ringSecret.length; at += 3) {
    const letter = sealed.ringSecret[at] === 'A' ? 'B' : 'A'
    const alter = (text: string): string => text.slice(0, at) + letter + text.slice(at + 1)
    assert.throws(() => openKeyRing(root, { ...sealed, ringSecret: alter(sealed.ringSecret) }), ConfigError)
    assert.throws(() => openKeyRing(root, { ...sealed, wrappingKeys: sealed.wrappingKeys.map(alter) }), ConfigError)
  }
})

test('openKeyRing() refuses a ring whose keys were swapped', () => {
  const two = resealKeyRing(root, root, sealed, random)
  const [first, second] = [two.wrappingKeys[0]!, two.wrappingKeys[1]!]

  for (const swapped of [
    { ...two, wrappingKeys: [second, first] },
    { ...two, wrappingKeys: [second] },
    { ...two, wrappingKeys: [first, first] },
    { ...two, wrappingKeys: [first, two.ringSecret] },
    { ...two, ringSecret: first },
  ])
    assert.throws(() => openKeyRing(root, swapped), /^ConfigError: The sealed key ring was altered/)
})

for (const [what, value] of [
  ['no object', 'ring'],
  ['nothing', null],
  ['another form', { ...sealed, form: 0 }],
  ['no root key id', { ...sealed, rootKeyId: undefined }],
  ['no wrapping key', { ...sealed, wrappingKeys: [] }],
  ['a wrapping key that is no text', { ...sealed, wrappingKeys: [7] }],
  ['a ring secret that is not base64', { ...sealed, ringSecret: '!' }],
  ['malformed passphrase parameters', { ...sealed, passphrase: { algorithm: 'md5' } }],
] as const) {
  test(`openKeyRing() refuses a ring with ${what}, and says to restore a backup`, () => {
    const open = (): unknown => openKeyRing(root, value as unknown as SealedKeyRing)

    assert.throws(open, /^ConfigError: .*: restore it from a backup$/)
  })
}

test('openKeyRing() tells a ring of a newer Postern from a malformed one', () => {
  const newer = { ...sealed, form: 2 } as unknown as SealedKeyRing

  assert.throws(() => openKeyRing(root, newer), /newer Postern: update Postern$/)
})

test('resealKeyRing() lets the new root key open everything that the old one opened, and the old one nothing', () => {
  const next = newRoot()
  const wrapped = ring.wrap(secretOf('secret'), place)

  const resealed = stored(resealKeyRing(root, next, sealed, random))

  const reopened = openKeyRing(next, resealed)
  assert.equal(unwrapText(reopened, wrapped), 'secret')
  assert.ok(reopened.deriveKey('trail').isSameAs(ring.deriveKey('trail')))
  assert.throws(() => openKeyRing(root, resealed), ConfigError)
})

test('resealKeyRing() refuses a root key that is not that of the ring', () => {
  assert.throws(() => resealKeyRing(newRoot(), newRoot(), sealed, random), ConfigError)
})

test('resealKeyRing() takes up and drops a passphrase with the root key', () => {
  const parameters = newPassphraseParameters(random)

  const withPassphrase = resealKeyRing(root, newRoot(), sealed, random, parameters)

  assert.deepEqual(withPassphrase.passphrase, parameters)
  assert.ok(!('passphrase' in resealKeyRing(root, newRoot(), sealed, random)))
})

test('resealKeyRing() wraps with a new key from then on, which the old root key and the old ring do not open', () => {
  const next = newRoot()
  const old = ring.wrap(secretOf('old'), place)

  const reopened = openKeyRing(next, stored(resealKeyRing(root, next, sealed, random)), random)

  const wrapped = reopened.wrap(secretOf('new'), place)
  assert.match(old, /^1\./)
  assert.match(wrapped, /^2\./)
  assert.deepEqual([unwrapText(reopened, old), unwrapText(reopened, wrapped)], ['old', 'new'])
  assert.throws(() => ring.unwrap(wrapped, place), UnwrapError)
})

test('resealKeyRing() can be repeated, and what each ring has wrapped still opens', () => {
  const texts = ['one', 'two', 'three', 'four']
  const wrapped: string[] = []
  let [current, ringNow] = [root, sealed]

  for (const text of texts) {
    wrapped.push(openKeyRing(current, ringNow).wrap(secretOf(text), place))
    const next = newRoot()
    ringNow = stored(resealKeyRing(current, next, ringNow, random))
    current = next
  }

  const last = openKeyRing(current, ringNow)
  assert.deepEqual(
    wrapped.map(each => unwrapText(last, each)),
    texts,
  )
})
