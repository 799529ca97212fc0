// Web identity tokens as they are verified for an account, and the ways in which somebody may try to have a false one taken.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import {
  WebIdentities,
  createIdentityProvider,
  deleteIdentityProvider,
  listIdentityProviders,
} from '../../src/accounts/index.ts'
import type { NewIdentityProvider, VerifiedWebIdentity } from '../../src/accounts/index.ts'
import { AuthenticationFailure } from '../../src/base/index.ts'
import type { AuthenticationFailureKind } from '../../src/base/index.ts'
import { fetchIssuerKeys } from '../../src/server/issuer-keys/fetch-issuer-keys.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { answerJson, makeIssuerKey, signToken, startTestIssuer } from '../test-issuer.ts'
import type { TokenOptions } from '../test-issuer.ts'

const [account, other] = ['111122223333', '444455556666']
const start = Date.UTC(2026, 10, 24)
const startSeconds = start / 1_000
const audience = 'sts.amazonaws.com'

const texts = {
  notAToken: 'The ID Token provided is not a valid JWT.',
  noKey:
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  badSignature: 'Token signature invalid',
  wrongAudience: 'Incorrect token audience',
}

const issuer = await startTestIssuer({ path: '/realms/one', alg: 'RS256' })
after(() => issuer[Symbol.asyncDispose]())
const name = issuer.url.slice('https://'.length)

/** Web identities over a store of their own, at a fixed time. */
class World implements AsyncDisposable {
  now = start
  elapsed = 0
  readonly reports: string[] = []
  readonly #store = openMemoryStore()
  readonly #identities = this.#store.then(
    store =>
      new WebIdentities({
        store,
        clock: { now: () => this.now },
        stopwatch: () => this.elapsed,
        fetchKeys: fetchIssuerKeys,
        report: message => this.reports.push(message),
      }),
  )

  /** Trusts the issuer, with its keys from a file if nothing else is said. */
  async trust(changed: Partial<NewIdentityProvider> = {}): Promise<void> {
    const wanted = {
      account,
      issuer: issuer.url,
      clientIds: [audience, 'second-client'],
      jwks: JSON.stringify(issuer.jwks),
      ...changed,
    }
    await (await this.#store).commit({ writes: createIdentityProvider(wanted, this.now).writes })
  }

  /** Trusts the issuer, with keys that are fetched from it. */
  trustByUrl(changed: Partial<NewIdentityProvider> = {}): Promise<void> {
    return this.trust({ jwks: undefined, authorities: issuer.certificate, ...changed })
  }

  async distrust(): Promise<void> {
    const store = await this.#store
    const [record] = await listIdentityProviders(store, account)
    await store.commit({ writes: deleteIdentityProvider(record!) })
  }

  async verify(token: string, of = account): Promise<VerifiedWebIdentity> {
    return (await this.#identities).verify(of, token)
  }

  async refuses(token: string, message: string | RegExp, kind: AuthenticationFailureKind = 'invalid-identity-token') {
    const failure = await this.verify(token).then(
      () => assert.fail(`accepted: ${token.slice(0, 200)}`),
      (error: unknown) => error,
    )
    assert.ok(failure instanceof AuthenticationFailure, String(failure))
    if (typeof message === 'string') assert.equal(failure.message, message)
    else assert.match(failure.message, message)
    assert.equal(failure.kind, kind)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#store)[Symbol.asyncDispose]()
  }
}

async function trusting(changed: Partial<NewIdentityProvider> = {}): Promise<World> {
  const world = new World()
  await world.trust(changed)
  return world
}

const token = (claims: Readonly<Record<string, unknown>> = {}, options: TokenOptions = {}): string =>
  issuer.token(claims, { now: start, ...options })

/** Of a token without subject. */
const usualClaims = { iss: issuer.url, aud: audience, iat: startSeconds, exp: startSeconds + 600 }

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

void test('WebIdentities.verify() gives who a token is for, and what trust policies see of it', async () => {
  await using world = await trusting()

  const verified = await world.verify(token())

  assert.deepEqual(JSON.parse(JSON.stringify(verified)), {
    providerArn: `arn:aws:iam::${account}:oidc-provider/${name}`,
    issuer: issuer.url,
    subject: 'system:serviceaccount:default:app',
    audience,
    conditionKeys: {
      [`${name}:sub`]: 'system:serviceaccount:default:app',
      [`${name}:aud`]: audience,
      [`${name}:oaud`]: audience,
    },
    requested: { tags: {}, transitiveTagKeys: [] },
  })
})

for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
  void test(`WebIdentities.verify() accepts tokens signed with ${alg}`, async () => {
    const key = await makeIssuerKey(alg)
    await using world = await trusting({ jwks: JSON.stringify({ keys: [key.publicJwk] }) })

    assert.equal((await world.verify(token({}, { key }))).audience, audience)
  })

void test('WebIdentities.verify() accepts a token without type and key id, where the issuer has one key for its algorithm', async () => {
  await using world = await trusting()

  assert.equal((await world.verify(token({}, { header: { typ: undefined, kid: undefined } }))).audience, audience)
})

// Audiences

void test('WebIdentities.verify() takes azp for the audience where there is one, and aud for the original audience', async () => {
  await using world = await trusting()

  const { audience: of, conditionKeys } = await world.verify(token({ azp: 'second-client', aud: 'somebody-else' }))

  assert.equal(of, 'second-client')
  assert.deepEqual(
    [conditionKeys[`${name}:aud`], conditionKeys[`${name}:azp`], conditionKeys[`${name}:oaud`]],
    ['second-client', 'second-client', 'somebody-else'],
  )
})

void test('WebIdentities.verify() finds its audience in a list, and shows the whole list as the original audience', async () => {
  await using world = await trusting()

  const one = await world.verify(token({ aud: [audience] }))
  const several = await world.verify(token({ aud: ['https://kubernetes.default.svc', audience] }))

  assert.deepEqual([one.conditionKeys[`${name}:aud`], one.conditionKeys[`${name}:oaud`]], [audience, audience])
  assert.deepEqual(
    [several.conditionKeys[`${name}:aud`], several.conditionKeys[`${name}:oaud`]],
    [audience, ['https://kubernetes.default.svc', audience]],
  )
})

void test('WebIdentities.verify() shows the authentication methods as several values, also where there is one', async () => {
  await using world = await trusting()

  const one = await world.verify(token({ amr: 'mfa' }))
  const two = await world.verify(token({ amr: ['pwd', 'mfa'] }))

  assert.deepEqual(one.conditionKeys[`${name}:amr`], ['mfa'])
  assert.deepEqual(two.conditionKeys[`${name}:amr`], ['pwd', 'mfa'])
})

for (const claims of [
  { aud: 'somebody-else' },
  { aud: 'STS.amazonaws.com' },
  { aud: 'sts.amazonaws.com ' },
  { aud: ['somebody-else', 'https://kubernetes.default.svc'] },
  // The client that has asked for the token is not ours: what it is for does not help.
  { aud: audience, azp: 'somebody-else' },
  // For two of ours at once: which role's condition would it meet?
  { aud: [audience, 'second-client'] },
])
  void test(`WebIdentities.verify() refuses the audience of ${JSON.stringify(claims)}`, async () => {
    await using world = await trusting()

    await world.refuses(token(claims), texts.wrongAudience)
  })

for (const claims of [
  { aud: 7 },
  { aud: [] },
  { aud: [7] },
  { aud: [[audience]] },
  { aud: { 0: audience } },
  { aud: null },
  { aud: '' },
  { azp: 7 },
  { azp: null },
  { azp: [audience] },
  { azp: '' },
  { amr: 7 },
  { amr: [7] },
  { sub: 7 },
  { sub: null },
  { sub: ['app'] },
  { sub: { a: 'app' } },
  { sub: '' },
  { sub: 'a'.repeat(256) },
  { sub: 'two\nlines' },
  { sub: 'bidi\u202e' },
  { exp: '1' },
  { exp: null },
  { iat: '1' },
  { iat: null },
  { nbf: '1' },
])
  void test(`WebIdentities.verify() refuses the claim ${JSON.stringify(claims).slice(0, 60)}`, async () => {
    await using world = await trusting()

    await world.refuses(token(claims), /^The claim \w+ is malformed$/)
  })

for (const claim of ['sub', 'aud', 'iat', 'exp', 'iss'])
  void test(`WebIdentities.verify() refuses a token without ${claim}`, async () => {
    await using world = await trusting()

    await world.refuses(token({ [claim]: undefined }), `Missing a required claim: ${claim}`)
  })

// Times

void test('WebIdentities.verify() accepts a token until half a minute past its end, and AWS’s text says when it was', async () => {
  await using world = await trusting()
  const given = token()

  world.now = start + 629_999
  await world.verify(given)
  world.now = start + 630_000

  await world.refuses(
    given,
    `Token expired: current date/time ${startSeconds + 630} must be before the expiration date/time ${startSeconds + 600}`,
    'expired-identity-token',
  )
})

for (const claim of ['iat', 'nbf'])
  void test(`WebIdentities.verify() refuses a token whose ${claim} is more than half a minute away`, async () => {
    await using world = await trusting()

    await world.verify(token({ [claim]: startSeconds + 30 }))
    await world.refuses(token({ [claim]: startSeconds + 31 }), /^Token not yet valid: /)
  })

void test('WebIdentities.verify() refuses a token that never ends', async () => {
  await using world = await trusting()
  const claims = JSON.stringify({ iss: issuer.url, sub: 'app', aud: audience, iat: startSeconds, exp: 9e15 })
  await world.verify(await signRaw(claims))

  await world.refuses(
    await signRaw(claims.replace('"exp":9000000000000000', '"exp":1e999')),
    'The claim exp is malformed',
  )
})

/** Signs claims as they are written: not every text that is JSON comes out of JSON.stringify. */
async function signRaw(claims: string, header: object = { alg: 'RS256', kid: 'key-1' }): Promise<string> {
  const input = `${encode(header)}.${Buffer.from(claims).toString('base64url')}`
  const key = issuer.keys[0]!.privateKey
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

// Issuers

void test('WebIdentities.verify() refuses the token of an issuer that only another account trusts', async () => {
  await using world = await trusting({ account: other })
  const given = token()

  await world.refuses(given, `No OpenIDConnect provider found in your account for ${issuer.url}`)

  assert.equal((await world.verify(given, other)).providerArn, `arn:aws:iam::${other}:oidc-provider/${name}`)
})

void test('WebIdentities.verify() refuses a token whose issuer only nearly is the one that is trusted', async () => {
  await using world = await trusting()

  for (const iss of [
    `${issuer.url}/`,
    issuer.url.replace('/realms/one', ''),
    issuer.url.replace('one', 'ONE'),
    issuer.url.replace('https', 'HTTPS'),
    issuer.url.replace('https', 'http'),
    `${issuer.url}?`,
    `${issuer.url}#`,
    issuer.url.replace('one', '%6fne'),
    'https://evil.example',
  ])
    await world.refuses(token({ iss }), `No OpenIDConnect provider found in your account for ${iss}`)
})

for (const iss of [
  7,
  null,
  '',
  'kubernetes/serviceaccount',
  [issuer.url],
  'https://a b',
  'https://a\n',
  `https://${'a'.repeat(250)}`,
])
  void test(`WebIdentities.verify() refuses the issuer ${JSON.stringify(iss).slice(0, 40)}`, async () => {
    await using world = await trusting()

    await world.refuses(token({ iss }), 'Issuer must be a valid URL')
  })

void test('WebIdentities.verify() refuses a token that another issuer has signed in the name of this one', async () => {
  await using world = await trusting()
  const key = { ...(await makeIssuerKey('RS256')), kid: 'key-1' }

  await world.refuses(token({}, { key }), texts.badSignature)
})

void test('WebIdentities.verify() refuses the token of one trusted issuer in the name of another', async () => {
  await using second = await startTestIssuer()
  await using world = await trusting()
  await world.trust({ issuer: second.url, jwks: JSON.stringify(second.jwks) })

  await world.refuses(second.token({ iss: issuer.url }, { now: start }), texts.noKey)
  await world.refuses(second.token({ iss: issuer.url }, { now: start, header: { kid: 'key-1' } }), texts.noKey)
})

void test('WebIdentities.verify() refuses every token of an issuer from the moment that it is trusted no more', async () => {
  await using world = await trusting()
  const given = token()
  await world.verify(given)

  await world.distrust()

  await world.refuses(given, `No OpenIDConnect provider found in your account for ${issuer.url}`)
})

// Algorithms and headers

void test('WebIdentities.verify() refuses tokens that are not signed', async () => {
  await using world = await trusting()
  const [, claims, signature] = token().split('.')

  for (const alg of ['none', 'None', 'NONE', 'nOnE', '', undefined, null, 7, ['RS256']])
    for (const end of ['', signature!])
      await world.refuses(`${encode({ alg, kid: 'key-1', typ: 'JWT' })}.${claims!}.${end}`, texts.notAToken)
})

void test('WebIdentities.verify() refuses HMAC with the public key as the secret, in all forms of that key', async () => {
  await using world = await trusting()
  const { publicJwk } = issuer.keys[0]!
  const publicKey = createPublicKey({ format: 'jwk', key: publicJwk })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const secrets = [
    pem,
    pem.trim(),
    spki.toString('base64'),
    publicJwk.n!,
    JSON.stringify(publicJwk),
    JSON.stringify(issuer.jwks),
  ]
  const claims = { ...usualClaims, sub: 'app' }

  for (const alg of ['HS256', 'HS384', 'HS512'])
    for (const secret of secrets)
      await world.refuses(signToken({ alg, kid: 'key-1', typ: 'JWT' }, claims, secret), texts.notAToken)
})

void test('WebIdentities.verify() refuses a token whose algorithm is not the one that its key is for', async () => {
  const ec = await makeIssuerKey('ES256', 'key-2')
  await using world = await trusting({ jwks: JSON.stringify({ keys: [...issuer.jwks.keys, ec.publicJwk] }) })
  const { privateKey } = issuer.keys[0]!

  for (const key of [
    { ...issuer.keys[0]!, alg: 'PS256' },
    { ...issuer.keys[0]!, alg: 'RS512' },
    { ...ec, kid: 'key-1' },
    { ...ec, privateKey, alg: 'RS256' },
  ])
    await world.refuses(token({}, { key }), texts.noKey)
})

void test('WebIdentities.verify() refuses a signature of zeros, and one of nothing', async () => {
  const ec = await makeIssuerKey('ES256', 'key-1')
  await using world = await trusting({ jwks: JSON.stringify({ keys: [ec.publicJwk] }) })
  const unsigned = token({}, { key: ec }).split('.').slice(0, 2).join('.')

  for (const length of [1, 63, 64, 65, 256])
    await world.refuses(`${unsigned}.${Buffer.alloc(length).toString('base64url')}`, texts.badSignature)
  await world.refuses(`${unsigned}.`, texts.notAToken)
})

void test('WebIdentities.verify() never uses a key, or a place of keys, that the token itself names', async () => {
  await using thief = await startTestIssuer({ alg: 'RS256' })
  await using world = new World()
  await world.trustByUrl()
  const key = thief.keys[0]!
  const certificate = thief.certificate.replaceAll(/-----[A-Z ]+-----|\n/g, '')

  for (const header of [
    { jwk: key.publicJwk },
    { jku: thief.jwksUrl },
    { x5u: thief.jwksUrl },
    { x5c: [certificate] },
    { jwk: key.publicJwk, jku: thief.jwksUrl, kid: undefined },
  ])
    await world.refuses(token({}, { key, header }), texts.badSignature)
  for (const kid of [thief.jwksUrl, '../../etc/passwd', "key-1' OR '1'='1", ''])
    await world.refuses(token({}, { key, header: { kid, jwk: key.publicJwk } }), texts.noKey)

  assert.deepEqual(thief.fetches, [])
})

void test('WebIdentities.verify() leaves such headers aside in a token that the issuer has signed', async () => {
  await using thief = await startTestIssuer()
  await using world = await trusting()
  const header = { jku: thief.jwksUrl, x5u: thief.jwksUrl, jwk: thief.keys[0]!.publicJwk }

  await world.verify(token({}, { header }))

  assert.deepEqual(thief.fetches, [])
})

for (const header of [
  { crit: ['exp'], exp: 1 },
  { crit: ['b64'], b64: true },
  { crit: ['b64'], b64: false },
  { crit: [] },
  { crit: null },
  { crit: 'exp' },
  { typ: 'at+jwt' },
  { typ: 'application/at+jwt' },
  { typ: 'logout+jwt' },
  { typ: 'dpop+jwt' },
  { typ: 'JOSE' },
  { typ: '' },
  { typ: null },
  { typ: ['JWT'] },
  { kid: 7 },
  { kid: null },
  { kid: ['key-1'] },
  { alg: 'dir', enc: 'A256GCM' },
])
  void test(`WebIdentities.verify() refuses a token with the header ${JSON.stringify(header)}, though it is signed`, async () => {
    await using world = await trusting()
    const claims = JSON.stringify({ ...usualClaims, sub: 'app' })
    await world.verify(await signRaw(claims))

    await world.refuses(await signRaw(claims, { alg: 'RS256', kid: 'key-1', ...header }), texts.notAToken)
  })

void test('WebIdentities.verify() refuses a token that says one thing twice', async () => {
  await using world = await trusting()
  const claims = JSON.stringify(usualClaims)
  const twice = claims.replace('{', '{"sub":"app","sub":"admin",')
  await world.verify(await signRaw(claims.replace('{', '{"sub":"app",')))

  await world.refuses(await signRaw(twice), texts.notAToken)
  await world.refuses(await signRaw(claims.replace('{', '{"sub":"app","\\u0073ub":"admin",')), texts.notAToken)
})

// Forms

void test('WebIdentities.verify() refuses what is no token', async () => {
  await using world = await trusting()
  const given = token()
  const [header, claims, signature] = given.split('.') as [string, string, string]

  for (const text of [
    '',
    '.',
    '..',
    '...',
    'Bearer',
    `${given}.`,
    `.${given}`,
    `${given} `,
    ` ${given}`,
    `${given}\n`,
    `${given}=`,
    `${header}.${claims}`,
    `${header}..${signature}`,
    `.${claims}.${signature}`,
    `${header}.${claims}.${signature}.${signature}.${signature}`,
    `${header}.${claims}.${signature.replace(/.$/, '!')}`,
    `${header}=.${claims}.${signature}`,
    `${encode('RS256')}.${claims}.${signature}`,
    `${encode([])}.${claims}.${signature}`,
    `${encode(null)}.${claims}.${signature}`,
    `${header}.${encode([issuer.url])}.${signature}`,
    JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] }),
  ])
    await world.refuses(text, texts.notAToken)
})

void test('WebIdentities.verify() refuses a token of more than 20,000 characters, though it is signed', async () => {
  await using world = await trusting()
  const shortest = token({ more: '' }).length
  const room = Math.floor(((20_000 - shortest) * 3) / 4) - 3

  await world.verify(token({ more: 'a'.repeat(room) }))

  await world.refuses(token({ more: 'a'.repeat(room + 8) }), texts.notAToken)
  await world.refuses(token({ more: 'a'.repeat(1_000_000) }), texts.notAToken)
  await world.refuses('a.'.repeat(1_000_000), texts.notAToken)
})

void test('WebIdentities.verify() refuses claims that are nested without end', async () => {
  await using world = await trusting()

  await world.refuses(
    await signRaw(`{"iss":${JSON.stringify(issuer.url)},"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`),
    texts.notAToken,
  )
})

void test('WebIdentities.verify() refuses a token of which any one character is another', async () => {
  await using world = await trusting()
  const given = token()
  await world.verify(given)

  for (let at = 0; at < given.length; at++) {
    const letter = given[at] === 'A' ? 'B' : 'A'
    await assert.rejects(
      world.verify(given.slice(0, at) + letter + given.slice(at + 1)),
      AuthenticationFailure,
      `character ${at}`,
    )
  }
})

void test('WebIdentities.verify() refuses a token of which any bit of any character is flipped', async () => {
  const ec = await makeIssuerKey('ES256', 'key-1')
  await using world = await trusting({ jwks: JSON.stringify({ keys: [ec.publicJwk] }) })
  const given = token({}, { key: ec })
  await world.verify(given)
  const places = fc.record({ at: fc.nat({ max: given.length - 1 }), bit: fc.nat({ max: 7 }) })

  const refusesAll = fc.asyncProperty(places, async ({ at, bit }) => {
    const altered = String.fromCharCode(given.charCodeAt(at) ^ (1 << bit))
    await assert.rejects(world.verify(given.slice(0, at) + altered + given.slice(at + 1)), AuthenticationFailure)
  })

  await fc.assert(refusesAll, { seed: 20_261_124, numRuns: 1_500 })
})

void test('WebIdentities.verify() gives one of its failures for random texts, and for random headers and claims', async () => {
  await using world = await trusting()
  const part = fc.oneof(
    fc.json().map(text => Buffer.from(text).toString('base64url')),
    fc.string(),
  )
  const anyToken = fc.oneof(
    fc.string(),
    fc.tuple(part, part, part).map(parts => parts.join('.')),
    fc
      .json()
      .map(claims => `${encode({ alg: 'RS256', kid: 'key-1' })}.${Buffer.from(claims).toString('base64url')}.AAAA`),
  )

  const refusesAll = fc.asyncProperty(anyToken, async text => {
    await assert.rejects(world.verify(text), AuthenticationFailure)
  })

  await fc.assert(refusesAll, { seed: 20_261_124, numRuns: 500 })
})

// Fetched keys

void test('WebIdentities.verify() fetches an issuer’s keys once, and finds new ones by their key ids', async () => {
  await using rotating = await startTestIssuer()
  await using world = new World()
  await world.trustByUrl({ issuer: rotating.url, authorities: rotating.certificate })
  await world.verify(rotating.token({}, { now: start }))
  await world.verify(rotating.token({}, { now: start }))
  assert.deepEqual(rotating.fetches, [rotating.discoveryPath, rotating.jwksPath])

  await rotating.addKey()
  world.elapsed = 30_000

  await world.verify(rotating.token({}, { now: start }))
  assert.equal(rotating.fetches.length, 4)
})

void test('WebIdentities.verify() does not fetch for a token that its header, form or issuer condemns', async () => {
  await using world = new World()
  await using quiet = await startTestIssuer()
  await world.trustByUrl({ issuer: quiet.url, authorities: quiet.certificate })

  for (const given of [
    quiet.token({}, { now: start, header: { alg: 'none' } }),
    quiet.token({}, { now: start, header: { typ: 'at+jwt' } }),
    quiet.token({}, { now: start, header: { crit: ['exp'] } }),
    quiet.token({ iss: 'https://evil.example' }, { now: start }),
    `${quiet.token({}, { now: start })}=`,
  ])
    await assert.rejects(world.verify(given), AuthenticationFailure)

  assert.deepEqual(quiet.fetches, [])
})

void test('WebIdentities.verify() does not fetch for each token of a flood of unknown keys', async () => {
  await using flooded = await startTestIssuer()
  await using world = new World()
  await world.trustByUrl({ issuer: flooded.url, authorities: flooded.certificate })
  await world.verify(flooded.token({}, { now: start }))

  for (let at = 0; at < 200; at++)
    await world.refuses(flooded.token({}, { now: start, header: { kid: `unknown-${at}` } }), texts.noKey)

  assert.deepEqual(flooded.fetches, [flooded.discoveryPath, flooded.jwksPath])
})

void test('WebIdentities.verify() says that an issuer cannot be reached, and tells the operator alone why', async () => {
  await using down = await startTestIssuer()
  await using world = new World()
  await world.trustByUrl({ issuer: down.url, authorities: down.certificate })
  down.answers.set(down.jwksPath, answerJson({ error: 'a detail' }))
  const given = down.token({}, { now: start })

  await world.refuses(
    given,
    `The identity provider ${down.url} could not be reached to verify the token`,
    'unreachable-identity-provider',
  )
  await world.refuses(given, /could not be reached/, 'unreachable-identity-provider')

  assert.deepEqual(
    world.reports.map(report => /no JWK set/.test(report)),
    [true],
  )
})

void test('WebIdentities.verify() begins with new keys for a provider that was made anew', async () => {
  await using world = new World()
  await using moved = await startTestIssuer()
  await world.trustByUrl({ issuer: moved.url, authorities: moved.certificate })
  await world.verify(moved.token({}, { now: start }))
  const key = await makeIssuerKey('ES256', 'key-1')

  await world.distrust()
  await world.trust({ issuer: moved.url, jwks: JSON.stringify({ keys: [key.publicJwk] }) })

  await world.refuses(moved.token({}, { now: start }), texts.badSignature)
  await world.verify(moved.token({}, { now: start, key }))
})

void test('WebIdentities.verify() refuses a key id that two fetched keys have', async () => {
  await using doubled = await startTestIssuer()
  await using world = new World()
  const given = doubled.token({}, { now: start })
  await doubled.addKey('ES256', 'key-1')
  await world.trustByUrl({ issuer: doubled.url, authorities: doubled.certificate })

  await world.refuses(given, texts.noKey)
})

void test('WebIdentities.verify() reads the tags that a token asks for only once its signature is good', async () => {
  await using world = await trusting()
  const tags = { 'https://aws.amazon.com/tags': { principal_tags: { Team: ['Blue'] } } }

  const { requested } = await world.verify(token(tags))

  assert.deepEqual({ ...requested.tags }, { Team: 'Blue' })
  const key = { ...(await makeIssuerKey('RS256')), kid: 'key-1' }
  await world.refuses(token({ 'https://aws.amazon.com/tags': 7 }, { key }), texts.badSignature)
  await world.refuses(token({ 'https://aws.amazon.com/tags': 7 }), 'The claim https://aws.amazon.com/tags is malformed')
})
