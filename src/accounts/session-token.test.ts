import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AuthenticationFailure, SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { SessionTokens } from './session-token.ts'
import type { SessionClaims } from './session-claims.ts'

const seed = 20_261_124
const random = seededRandom(seed)

function newKeyRing(): KeyRing {
  const root = rootKeyOf(new SecretBytes(random(32)))
  return openKeyRing(root, createKeyRing(root, random), random)
}

const keyRing = newKeyRing()
const tokens = new SessionTokens(keyRing, random)
const claims: SessionClaims = {
  accessKeyId: 'ASIAABCDEFGHIJKLMNOP',
  account: '111122223333',
  kind: 'role',
  roleName: 'Administrator',
  roleId: 'AROAABCDEFGHIJKLMNOPQ',
  sessionName: 'ada',
  issuedAt: 1_000,
  expiresAt: 901_000,
}

const isUnknown = (error: unknown): boolean =>
  error instanceof AuthenticationFailure &&
  error.kind === 'unknown-credential' &&
  error.message === 'The security token included in the request is invalid.'

const refuses = (token: string, what: string, accessKeyId = claims.accessKeyId): void =>
  assert.throws(() => tokens.open(token, accessKeyId), isUnknown, what)

test('SessionTokens.open() gives back the claims that were sealed, also after the next start', () => {
  const token = tokens.seal(claims)

  assert.deepEqual(tokens.open(token, claims.accessKeyId), claims)
  assert.deepEqual(new SessionTokens(keyRing, random).open(token, claims.accessKeyId), claims)
})

test('SessionTokens.seal() gives a token that says nothing to its holder', () => {
  const token = tokens.seal(claims)

  const text = Buffer.from(token.slice(2), 'base64').toString('latin1')
  for (const word of ['111122223333', 'Administrator', 'ada', 'ASIA']) assert.ok(!text.includes(word), word)
})

test('[A15] SessionTokens.open() refuses a token of which any one bit is flipped', () => {
  const token = tokens.seal(claims)
  const bytes = Buffer.from(token.slice(2), 'base64')

  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const altered = Buffer.from(bytes)
    altered[bit >> 3]! ^= 1 << (bit & 7)
    refuses(`P2${altered.toString('base64')}`, `bit ${bit}`)
  }
})

test('[A15] SessionTokens.open() refuses a token of which any one character is altered', () => {
  const token = tokens.seal(claims)

  for (let at = 0; at < token.length; at++) {
    const letter = token[at] === 'A' ? 'B' : 'A'
    refuses(token.slice(0, at) + letter + token.slice(at + 1), `character ${at}`)
  }
})

test('[A15] SessionTokens.open() refuses every prefix of a token', () => {
  const token = tokens.seal(claims)

  for (let length = 0; length < token.length; length++) refuses(token.slice(0, length), `${length} characters`)
})

test('[A15] SessionTokens.open() refuses the token of another access key', () => {
  const other = tokens.seal({ ...claims, accessKeyId: 'ASIAZZZZZZZZZZZZZZZZ' })

  refuses(other, 'token of another key')
  refuses(tokens.seal(claims), 'key of another token', 'ASIAZZZZZZZZZZZZZZZZ')
  refuses(tokens.seal(claims), 'no key', '')
})

test('[A15] SessionTokens.open() refuses a token of another installation', () => {
  refuses(new SessionTokens(newKeyRing(), random).seal(claims), 'other installation')
})

test('SessionTokens.open() refuses the same bytes in another spelling, and a token that is too long', () => {
  const token = tokens.seal(claims)
  const urlForm = `P2${Buffer.from(token.slice(2), 'base64').toString('base64url')}x`

  for (const other of [`${token}=`, `${token} `, ` ${token}`, `${token}\n`, token.replace('P2', 'P3'), urlForm])
    refuses(other, other)
  refuses(tokens.seal({ ...claims, sessionName: random(6_000).toString('hex') }), 'too long')
})

test('[A15] SessionTokens.open() gives its one failure for random texts', () => {
  const anyToken = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 300 }).map(bytes => `P2${Buffer.from(bytes).toString('base64')}`),
  )

  const refusesAll = fc.property(anyToken, fc.string({ maxLength: 20 }), (token, accessKeyId) => {
    refuses(token, token, accessKeyId)
  })

  fc.assert(refusesAll, { seed, numRuns: 300 })
})

test('SessionTokens.secretOf() gives forty characters that are the same at each start, and others for other claims', () => {
  const secret = tokens.secretOf(claims)

  assert.match(secret.exposeBytes().toString(), /^[A-Za-z0-9+/]{40}$/)
  assert.ok(new SessionTokens(keyRing, random).secretOf(claims).isSameAs(secret))
  for (const changed of [
    { accessKeyId: 'ASIA' },
    { account: '444455556666' },
    { expiresAt: 901_001 },
    { sessionName: 'b' },
  ])
    assert.ok(!tokens.secretOf({ ...claims, ...changed }).isSameAs(secret), JSON.stringify(changed))
})
