import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { ConfigError } from '../../base/index.ts'
import { ConflictError, openMemoryStore } from '../../storage/index.ts'
import {
  createIdentityProvider,
  deleteIdentityProvider,
  identityProviderCollection,
  listIdentityProviders,
} from './identity-provider.ts'
import type { NewIdentityProvider } from './identity-provider.ts'

const now = Date.UTC(2026, 10, 24)
const [account, other] = ['111122223333', '444455556666']
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one' }
const jwks = JSON.stringify({ keys: [publicJwk] })
const wanted: NewIdentityProvider = {
  account,
  issuer: 'https://10.0.0.1:6443/Cluster',
  clientIds: ['sts.amazonaws.com'],
}

/** What looks like a certificate, and is none. */
const block = `-----BEGIN CERTIFICATE-----
MIIBMTCB5KADAgECAhQ1s5ZyY8wq7fPZ0m2Y6nFTM2rDRDAFBgMrZXAwDzENMAsG
-----END CERTIFICATE-----
`

const isConfigError =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ConfigError && message.test(error.message)

test('createIdentityProvider() makes the ARN of the issuer without its scheme, in its own case', () => {
  const { provider } = createIdentityProvider(wanted, now)

  assert.deepEqual(provider, {
    account,
    arn: `arn:aws:iam::${account}:oidc-provider/10.0.0.1:6443/Cluster`,
    issuer: wanted.issuer,
    clientIds: ['sts.amazonaws.com'],
    keys: { kind: 'url' },
    createdAt: now,
  })
})

test('createIdentityProvider() keeps the public keys of a file', () => {
  const { provider } = createIdentityProvider({ ...wanted, jwks }, now)

  assert.deepEqual(provider.keys, {
    kind: 'file',
    jwks: { keys: [{ kty: 'OKP', kid: 'one', crv: 'Ed25519', x: publicJwk.x }] },
  })
})

test('createIdentityProvider() refuses a file with a private key, and shows nothing of it', () => {
  const secret = privateKey.export({ format: 'jwk' })

  assert.throws(
    () => createIdentityProvider({ ...wanted, jwks: JSON.stringify({ keys: [secret] }) }, now),
    (error: unknown) =>
      error instanceof ConfigError && /private or symmetric/.test(error.message) && !error.message.includes(secret.d!),
  )
})

test('createIdentityProvider() refuses a file in which a key id does not say which key it is', () => {
  const twin = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })

  for (const keys of [
    [publicJwk, { ...twin, kid: 'one' }],
    [twin, { ...publicJwk, kid: undefined }],
  ])
    assert.throws(
      () => createIdentityProvider({ ...wanted, jwks: JSON.stringify({ keys }) }, now),
      isConfigError(/same "kid", or none/),
    )
})

test('createIdentityProvider() takes keys from a file or a URL, not from both', () => {
  assert.deepEqual(createIdentityProvider({ ...wanted, jwksUrl: 'https://10.0.0.2/keys' }, now).provider.keys, {
    kind: 'url',
    jwksUrl: 'https://10.0.0.2/keys',
  })
  assert.throws(
    () => createIdentityProvider({ ...wanted, jwks, jwksUrl: 'https://10.0.0.2/keys' }, now),
    isConfigError(/not both/),
  )
  assert.throws(
    () => createIdentityProvider({ ...wanted, jwksUrl: 'http://10.0.0.2/keys' }, now),
    isConfigError(/https URL/),
  )
})

test('createIdentityProvider() wants 1 to 100 client ids of 1 to 255 characters', () => {
  const clients = (count: number) => Array.from({ length: count }, (_, at) => `client-${at}`)

  assert.equal(createIdentityProvider({ ...wanted, clientIds: clients(100) }, now).provider.clientIds.length, 100)
  for (const clientIds of [[], clients(101), [''], ['a'.repeat(256)], ['two\nlines'], ['bidi\u202e']])
    assert.throws(() => createIdentityProvider({ ...wanted, clientIds }, now), ConfigError)
})

for (const [what, authorities, message] of [
  ['that is empty', '', /it needs 1 to 20, in PEM/],
  ['that is no certificate', 'ca', /it needs 1 to 20, in PEM/],
  ['of which one cannot be read', block, /cannot be read/],
  [
    'with a private key',
    `${block}${privateKey.export({ type: 'pkcs8', format: 'pem' }) as string}`,
    /private key, which nobody should see/,
  ],
  ['with too many', block.repeat(21), /it needs 1 to 20/],
] as const)
  test(`createIdentityProvider() refuses a file of certificates ${what}`, () => {
    assert.throws(() => createIdentityProvider({ ...wanted, authorities }, now), isConfigError(message))
  })

test('createIdentityProvider() lets an account have an issuer once; a slash at its end makes another issuer', async () => {
  await using store = await openMemoryStore()
  const create = (issuer: string, of = account): Promise<void> =>
    store.commit({ writes: createIdentityProvider({ ...wanted, account: of, issuer }, now).writes })
  await create('https://idp.example.com')

  await assert.rejects(create('https://idp.example.com'), ConflictError)

  await create('https://idp.example.com/')
  await create('https://idp.example.com', other)
  assert.deepEqual(
    (await listIdentityProviders(store)).map(({ value }) => value.arn),
    [
      `arn:aws:iam::${account}:oidc-provider/idp.example.com`,
      `arn:aws:iam::${account}:oidc-provider/idp.example.com/`,
      `arn:aws:iam::${other}:oidc-provider/idp.example.com`,
    ],
  )
  assert.equal((await listIdentityProviders(store, other)).length, 1)
})

test('deleteIdentityProvider() removes the provider that was read', async () => {
  await using store = await openMemoryStore()
  await store.commit({ writes: createIdentityProvider(wanted, now).writes })
  const [record] = await listIdentityProviders(store, account)

  await store.commit({ writes: deleteIdentityProvider(record!) })

  assert.equal(await store.get(identityProviderCollection, record!.id), undefined)
})
