// External key stores as people use them: a started server, the AWS SDK, and the reference proxy.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CancelKeyDeletionCommand,
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateCustomKeyStoreCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import type { CreateCustomKeyStoreCommandInput, CustomKeyStoresListEntry, KMSClient } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { newCredential, startReferenceProxy } from '../reference-proxy.ts'
import type { Misbehaviour, ReferenceProxy } from '../reference-proxy.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { makeUser } from './user.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-xks-'))
after(() => rmSync(folder, { recursive: true }))
const proxy = await startReferenceProxy({ name: 'xks.example.com', uriPath: '/one/kms/xks/v1' })
const other = await startReferenceProxy({ name: 'other.example.com' })
const unlisted = await startReferenceProxy({ name: 'unlisted.example.com' })
after(async () => {
  for (const each of [proxy, other, unlisted]) await each[Symbol.asyncDispose]()
})
writeFileSync(
  join(folder, 'authorities.pem'),
  [proxy, other, unlisted].map(({ certificate }) => certificate).join('\n'),
)

// Patient, because other tests may have the machine at the same time.
const words = ['--xks-proxy', proxy.setting, '--xks-proxy', other.setting, '--xks-timeout', '10000']
const postern = await startPostern({
  words: [...words, '--xks-authorities', join(folder, 'authorities.pem'), '--log-level', 'trace'],
})
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam, ec2 } = postern.clients(administrator)

const credentialOf = ({ credentials: [credential] }: ReferenceProxy) => ({
  AccessKeyId: credential!.accessKeyId,
  RawSecretAccessKey: credential!.secretAccessKey,
})

function storeInput(
  name: string,
  of: ReferenceProxy,
  changes: Partial<CreateCustomKeyStoreCommandInput> = {},
): CreateCustomKeyStoreCommandInput {
  return {
    CustomKeyStoreName: name,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: of.uriEndpoint,
    XksProxyUriPath: of.uriPath,
    XksProxyAuthenticationCredential: credentialOf(of),
    ...changes,
  }
}

async function describe(storeId: string): Promise<CustomKeyStoresListEntry> {
  const { CustomKeyStores } = await kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: storeId }))
  return CustomKeyStores![0]!
}

/** Waits until what was begun is done. */
async function settled(storeId: string): Promise<CustomKeyStoresListEntry> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(20)) {
    const store = await describe(storeId)
    if (!store.ConnectionState!.endsWith('ING')) return store
  }
  throw new Error('A custom key store did not settle')
}

async function connect(storeId: string): Promise<CustomKeyStoresListEntry> {
  await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: storeId }))
  return settled(storeId)
}

async function disconnect(storeId: string): Promise<CustomKeyStoresListEntry> {
  await kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: storeId }))
  return settled(storeId)
}

async function misbehaving<T>(misbehaviour: Misbehaviour, work: () => Promise<T>): Promise<T> {
  proxy.misbehaviour = misbehaviour
  try {
    return await work()
  } finally {
    proxy.misbehaviour = undefined
  }
}

const refusedAs = (name: string, work: Promise<unknown>, message = /./): Promise<void> =>
  assert.rejects(work, (error: Error) => {
    assert.equal(error.name, name, error.message)
    assert.match(error.message, message)
    return true
  })

const storeId = (await kms.send(new CreateCustomKeyStoreCommand(storeInput('main', proxy)))).CustomKeyStoreId!
let madeKeys = 0

async function makeKey(client: KMSClient = kms): Promise<string> {
  const xksKeyId = `external-${++madeKeys}`
  proxy.addKey(xksKeyId)
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: xksKeyId } as const
  return (await client.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId!
}

test('a store is made disconnected, after the proxy was asked for its health, and shows all but its secret', async () => {
  const store = await describe(storeId)

  assert.match(storeId, /^cks-[0-9a-f]{17}$/)
  assert.ok(store.CreationDate instanceof Date)
  assert.deepEqual(store, {
    CustomKeyStoreId: storeId,
    CustomKeyStoreName: 'main',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    ConnectionState: 'DISCONNECTED',
    CreationDate: store.CreationDate,
    XksProxyConfiguration: {
      Connectivity: 'PUBLIC_ENDPOINT',
      AccessKeyId: proxy.credentials[0]!.accessKeyId,
      UriEndpoint: proxy.uriEndpoint,
      UriPath: proxy.uriPath,
    },
  })
  const [health] = proxy.requests
  assert.equal((health!.body['requestMetadata'] as Record<string, string>)['kmsOperation'], 'CreateCustomKeyStore')
})

test('no key is made in a store that is not connected', async () => {
  proxy.addKey('early')
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'early' } as const

  await refusedAs('CustomKeyStoreInvalidStateException', kms.send(new CreateKeyCommand(input)), /not connected/)
})

test('a key in a connected store encrypts and decrypts with both its materials', async () => {
  assert.equal((await connect(storeId)).ConnectionState, 'CONNECTED')
  const KeyId = await makeKey()
  const EncryptionContext = { a: 'b' }
  const Plaintext = Buffer.from('a plaintext to look for')
  const before = proxy.requests.length

  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))

  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  assert.equal(opened.KeyMaterialId, undefined)
  assert.deepEqual(
    proxy.requests.slice(before).map(({ path }) => path.split('/').at(-1)),
    ['encrypt', 'decrypt'],
  )
  const sent = Buffer.from(String(proxy.requests[before]!.body['plaintext']), 'base64')
  assert.ok(!sent.includes(Plaintext), 'the proxy never sees the plaintext')
})

test('the largest plaintext fits, and its blob is within the limit of blobs', async () => {
  const KeyId = await makeKey()
  const Plaintext = Buffer.alloc(4_096, 7)

  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }))

  assert.ok(CiphertextBlob!.length <= 6_144)
  assert.deepEqual(Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext!), Plaintext)
})

test('DescribeKey shows where a key of an external key store is', async () => {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: await makeKey() }))

  assert.equal(KeyMetadata!.Origin, 'EXTERNAL_KEY_STORE')
  assert.equal(KeyMetadata!.CustomKeyStoreId, storeId)
  assert.deepEqual(KeyMetadata!.XksKeyConfiguration, { Id: `external-${madeKeys}` })
  assert.equal(KeyMetadata!.CurrentKeyMaterialId, undefined)
  assert.equal(KeyMetadata!.KeyState, 'Enabled')
})

test('data keys and ReEncrypt work with keys of external key stores, and the proxy learns for which operation', async () => {
  const [KeyId, ownKey] = [await makeKey(), (await kms.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!]
  const before = proxy.requests.length
  const made = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
  await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 16 }))

  const inside = await kms.send(
    new ReEncryptCommand({ CiphertextBlob: made.CiphertextBlob!, DestinationKeyId: ownKey }),
  )
  const back = await kms.send(new ReEncryptCommand({ CiphertextBlob: inside.CiphertextBlob!, DestinationKeyId: KeyId }))
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: back.CiphertextBlob! }))

  assert.deepEqual(opened.Plaintext, made.Plaintext)
  assert.equal(inside.SourceKeyMaterialId, undefined)
  assert.match(inside.DestinationKeyMaterialId!, /^[0-9a-f]{64}$/)
  const operations = proxy.requests
    .slice(before)
    .map(({ body }) => (body['requestMetadata'] as Record<string, string>)['kmsOperation'])
  assert.deepEqual(operations, [
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ReEncrypt',
    'ReEncrypt',
    'Decrypt',
  ])
})

test('the proxy learns who asks, through which endpoint, and the id that the trail has', async () => {
  const KeyId = await makeKey()
  const network = await makePrivateNetwork(postern, ec2)
  const throughEndpoint = postern.clients(administrator, { kmsUrl: network.url }).kms

  const { $metadata } = await throughEndpoint.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))

  const { requestMetadata } = proxy.requests.at(-1)!.body as { readonly requestMetadata: Record<string, string> }
  assert.equal(requestMetadata['awsSourceVpce'], network.endpointId)
  assert.equal(requestMetadata['awsSourceVpc'], network.vpcId)
  assert.match(requestMetadata['awsPrincipalArn']!, /^arn:aws:iam::\d{12}:role\//)
  assert.ok(requestMetadata['kmsKeyArn']!.endsWith(`key/${KeyId}`))
  assert.equal(requestMetadata['kmsRequestId'], $metadata.requestId)
  assert.ok(trailText(postern).includes($metadata.requestId!))
})

test('a dry run asks no proxy', async () => {
  const KeyId = await makeKey()
  const before = proxy.requests.length

  await refusedAs(
    'DryRunOperationException',
    kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), DryRun: true })),
  )

  assert.equal(proxy.requests.length, before)
})

test('a ciphertext of an external key store opens with no other context, key or bytes', async () => {
  const [KeyId, otherKey] = [await makeKey(), await makeKey()]
  const EncryptionContext = { a: 'b' }
  const Plaintext = Buffer.from('x')
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
  const decrypt = (changes: object): Promise<unknown> =>
    kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, ...changes }))
  const altered = (at: number): Buffer => {
    const bytes = Buffer.from(CiphertextBlob!)
    bytes[at < 0 ? bytes.length + at : at]! ^= 1
    return bytes
  }
  const rejected = 'KMSInvalidStateException'

  await refusedAs(rejected, decrypt({ EncryptionContext: { a: 'c' } }), /rejected the request because the specified/)
  await refusedAs(rejected, decrypt({ CiphertextBlob: altered(-1) }), /rejected the request because the specified/)
  await refusedAs('IncorrectKeyException', decrypt({ KeyId: otherKey }))
  await refusedAs('InvalidCiphertextException', decrypt({ CiphertextBlob: altered(0) }).catch(rethrow))
  await refusedAs('InvalidCiphertextException', decrypt({ CiphertextBlob: altered(49) }))
})

const rethrow = (error: unknown): never => {
  throw error
}

const cryptographicFailures: readonly (readonly [string, Misbehaviour, RegExp])[] = [
  [
    'a wrong integrity value',
    ({ status, body }) => ({
      status,
      body: { ...(body as object), ciphertextDataIntegrityValue: Buffer.alloc(32).toString('base64') },
    }),
    /cannot interpret the response/,
  ],
  [
    'JSON that breaks off',
    ({ body }) => ({ status: 200, body: JSON.stringify(body).slice(0, -3) }),
    /cannot interpret the response/,
  ],
  ['an answer that does not end', () => ({ status: 200, body: 'x'.repeat(100_000) }), /cannot interpret the response/],
  [
    'ThrottlingException',
    () => ({ status: 429, body: { errorName: 'ThrottlingException' } }),
    /very high request rate/,
  ],
  [
    'AccessDeniedException',
    () => ({ status: 403, body: { errorName: 'AccessDeniedException', errorMessage: 'secret reason' } }),
    /denied access to the operation/,
  ],
  [
    'InternalException',
    () => ({ status: 500, body: { errorName: 'InternalException' } }),
    /cannot communicate with the external key manager/,
  ],
]

for (const [title, misbehaviour, message] of cryptographicFailures) {
  test(`a proxy that answers with ${title} fails the operation with KMSInvalidStateException and AWS's text`, async () => {
    const KeyId = await makeKey()
    const encrypt = (): Promise<unknown> => kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))

    await misbehaving(misbehaviour, () => refusedAs('KMSInvalidStateException', encrypt(), message))

    assert.ok(!trailText(postern).includes('secret reason'))
    await encrypt()
  })
}

test('an external key that decrypts to something else is found out by the material that is here', async () => {
  const KeyId = await makeKey()
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
  const lie: Misbehaviour = ({ status, body }) => {
    const { plaintext } = body as { readonly plaintext: string }
    return { status, body: { plaintext: Buffer.alloc(Buffer.from(plaintext, 'base64').length, 9).toString('base64') } }
  }

  await misbehaving(lie, () =>
    refusedAs('KMSInvalidStateException', kms.send(new DecryptCommand({ CiphertextBlob })), /corrupted, missing/),
  )
})

test('an external key that was disabled in its key manager is not used', async () => {
  const KeyId = await makeKey()
  proxy.keys.get(`external-${madeKeys}`)!.metadata.keyStatus = 'DISABLED'

  const encrypt = kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))

  await refusedAs('KMSInvalidStateException', encrypt, /is not enabled in the external key manager/)
})

for (const [title, metadata] of [
  ['is no 256-bit AES key', { keySpec: 'RSA_2048' }],
  ['is disabled', { keyStatus: 'DISABLED' }],
  ['cannot decrypt', { keyUsage: ['ENCRYPT'] }],
] as const) {
  test(`CreateKey refuses an external key that ${title}`, async () => {
    proxy.addKey('unfit', metadata)
    const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'unfit' } as const

    await refusedAs('XksKeyInvalidConfigurationException', kms.send(new CreateKeyCommand(input)))
  })
}

test('CreateKey refuses external keys that are not there or taken, and steps of a path that pose as ids', async () => {
  const create = (XksKeyId: string): Promise<unknown> =>
    kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId }))
  await makeKey()
  const before = proxy.requests.length

  await refusedAs('XksKeyAlreadyInUseException', create(`external-${madeKeys}`))
  for (const XksKeyId of ['.', '..']) await refusedAs('XksKeyNotFoundException', create(XksKeyId))
  for (const XksKeyId of ['a/b', 'a%2fb', 'a?b']) await refusedAs('ValidationException', create(XksKeyId))
  assert.equal(proxy.requests.length, before)
  await refusedAs('XksKeyNotFoundException', create('not-there'), /was not found in its external key manager/)
})

test('of many who want one external key at once, one gets it', async () => {
  proxy.addKey('wanted')
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'wanted' } as const
  const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => kms.send(new CreateKeyCommand(input))))

  const refused = attempts.filter(attempt => attempt.status === 'rejected')
  assert.equal(refused.length, 5)
  for (const { reason } of refused) assert.equal((reason as Error).name, 'XksKeyAlreadyInUseException')
})

for (const [title, input, error] of [
  ['an HMAC key', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'UnsupportedOperationException'],
  ['a multi-Region key', { MultiRegion: true }, 'UnsupportedOperationException'],
  ['a key of another origin', { Origin: 'AWS_CLOUDHSM', XksKeyId: undefined }, 'ValidationException'],
  ['a key of ours', { Origin: 'AWS_KMS' }, 'ValidationException'],
  ['a key without an external one', { XksKeyId: undefined }, 'ValidationException'],
  ['a key in no store', { CustomKeyStoreId: undefined }, 'ValidationException'],
  ['a key in a store that is not there', { CustomKeyStoreId: 'cks-0' }, 'CustomKeyStoreNotFoundException'],
] as const) {
  test(`an external key store takes no request for ${title}`, async () => {
    proxy.addKey('spare')
    const whole = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'spare', ...input } as const

    await refusedAs(error, kms.send(new CreateKeyCommand(whole)))
  })
}

test('disconnecting makes keys unavailable, keeps what they are, and connecting brings them back as they were', async () => {
  const [enabled, disabled, dying] = [await makeKey(), await makeKey(), await makeKey()]
  await kms.send(new DisableKeyCommand({ KeyId: disabled }))
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: dying, PendingWindowInDays: 7 }))
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: enabled, Plaintext: Buffer.from('x') }))
  const stateOf = async (KeyId: string): Promise<string | undefined> =>
    (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState

  assert.equal((await disconnect(storeId)).ConnectionState, 'DISCONNECTED')
  assert.deepEqual(
    [await stateOf(enabled), await stateOf(disabled), await stateOf(dying)],
    ['Unavailable', 'Unavailable', 'PendingDeletion'],
  )
  await refusedAs('KMSInvalidStateException', kms.send(new DecryptCommand({ CiphertextBlob })), /unavailable/)
  // What may be changed of them meanwhile does not make them what they were not.
  await kms.send(new UpdateKeyDescriptionCommand({ KeyId: enabled, Description: 'changed' }))
  await kms.send(new TagResourceCommand({ KeyId: disabled, Tags: [{ TagKey: 'a', TagValue: 'b' }] }))
  await kms.send(new CancelKeyDeletionCommand({ KeyId: dying }))
  assert.equal(await stateOf(enabled), 'Unavailable')

  await connect(storeId)
  assert.deepEqual(
    [await stateOf(enabled), await stateOf(disabled), await stateOf(dying)],
    ['Enabled', 'Disabled', 'Disabled'],
  )
  await kms.send(new EnableKeyCommand({ KeyId: dying }))
  assert.equal((await kms.send(new DescribeKeyCommand({ KeyId: enabled }))).KeyMetadata!.Description, 'changed')
  assert.equal(Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext!).toString(), 'x')
})

test('a store that is connected can be renamed and given another credential, but no other endpoint, and is not deleted', async () => {
  const update = (changes: object): Promise<unknown> =>
    kms.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: storeId, ...changes }))
  const rotated = newCredential()
  proxy.credentials.push(rotated)
  const credential = { AccessKeyId: rotated.accessKeyId, RawSecretAccessKey: rotated.secretAccessKey }

  await update({ NewCustomKeyStoreName: 'renamed', XksProxyAuthenticationCredential: credential })
  proxy.credentials.shift()

  const store = await describe(storeId)
  assert.equal(store.CustomKeyStoreName, 'renamed')
  assert.equal(store.XksProxyConfiguration!.AccessKeyId, rotated.accessKeyId)
  await kms.send(new EncryptCommand({ KeyId: await makeKey(), Plaintext: Buffer.from('x') }))
  const invalid = 'CustomKeyStoreInvalidStateException'
  await refusedAs(invalid, update({ XksProxyUriEndpoint: other.uriEndpoint, XksProxyUriPath: other.uriPath }))
  await refusedAs(invalid, kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: storeId })))
  // A credential that the proxy does not take changes nothing.
  const unknown = newCredential()
  const wrong = { AccessKeyId: unknown.accessKeyId, RawSecretAccessKey: unknown.secretAccessKey }
  await refusedAs(
    'XksProxyIncorrectAuthenticationCredentialException',
    update({ XksProxyAuthenticationCredential: wrong }),
    /could not authenticate AWS KMS/,
  )
  await refusedAs('ValidationException', update({ KeyStorePassword: 'a-password' }))
  assert.equal((await describe(storeId)).XksProxyConfiguration!.AccessKeyId, rotated.accessKeyId)
})

const creationFailures: readonly (readonly [string, Partial<CreateCustomKeyStoreCommandInput>, string])[] = [
  ['a name that is taken', { CustomKeyStoreName: 'renamed' }, 'CustomKeyStoreNameInUseException'],
  [
    'a proxy that the operator has not listed',
    { XksProxyUriEndpoint: unlisted.uriEndpoint, XksProxyAuthenticationCredential: credentialOf(unlisted) },
    'XksProxyUriUnreachableException',
  ],
  ['the loopback address', { XksProxyUriEndpoint: 'https://127.0.0.1' }, 'XksProxyUriUnreachableException'],
  ['an address of a cloud', { XksProxyUriEndpoint: 'https://169.254.169.254' }, 'XksProxyUriUnreachableException'],
  ['a port', { XksProxyUriEndpoint: `https://localhost:${unlisted.port}` }, 'ValidationException'],
  ['plain HTTP', { XksProxyUriEndpoint: 'http://other.example.com' }, 'ValidationException'],
  ['somebody in the URI', { XksProxyUriEndpoint: 'https://a@other.example.com' }, 'ValidationException'],
  ['a path of another version', { XksProxyUriPath: '/kms/xks/v2' }, 'XksProxyInvalidConfigurationException'],
  ['a path with steps', { XksProxyUriPath: '/../kms/xks/v1' }, 'ValidationException'],
  [
    'a path that the proxy has not',
    { XksProxyUriPath: '/nowhere/kms/xks/v1' },
    'XksProxyInvalidConfigurationException',
  ],
  [
    'a wrong credential',
    { XksProxyAuthenticationCredential: { AccessKeyId: 'A'.repeat(20), RawSecretAccessKey: 'a'.repeat(43) } },
    'XksProxyIncorrectAuthenticationCredentialException',
  ],
  ['no credential', { XksProxyAuthenticationCredential: undefined }, 'ValidationException'],
  ['no path', { XksProxyUriPath: undefined }, 'ValidationException'],
  ['a password', { KeyStorePassword: 'password' }, 'ValidationException'],
  [
    'a VPC endpoint service at a public endpoint',
    { XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-west-2.vpce-svc-0123' },
    'ValidationException',
  ],
  ['a VPC endpoint service without a name', { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }, 'ValidationException'],
  [
    'a VPC endpoint service that the operator has not listed',
    {
      XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
      XksProxyUriEndpoint: unlisted.uriEndpoint,
      XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-west-2.vpce-svc-0123',
    },
    'XksProxyVpcEndpointServiceNotFoundException',
  ],
]

for (const [title, changes, error] of creationFailures) {
  test(`no store is made with ${title}`, async () => {
    const before = unlisted.requests.length + unlisted.refused

    await refusedAs(error, kms.send(new CreateCustomKeyStoreCommand(storeInput('refused', other, changes))))

    assert.equal(unlisted.requests.length + unlisted.refused, before, 'nobody else is called')
    const named = kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreName: 'refused' }))
    await refusedAs('CustomKeyStoreNotFoundException', named)
  })
}

test('a proxy with no key manager that serves is unreachable', async () => {
  other.health = 'UNAVAILABLE'
  const create = kms.send(new CreateCustomKeyStoreCommand(storeInput('refused', other)))

  await refusedAs('XksProxyUriUnreachableException', create)
  other.health = 'ACTIVE'
})

test('an address of a proxy is one store’s in a Region, also of two accounts', async () => {
  const elsewhere = await postern.otherAccount('444455556666')
  const input = storeInput('same', proxy, { XksProxyAuthenticationCredential: credentialOf(proxy) })

  await refusedAs('XksProxyUriInUseException', kms.send(new CreateCustomKeyStoreCommand(input)))
  await refusedAs('XksProxyUriInUseException', elsewhere.kms.send(new CreateCustomKeyStoreCommand(input)))
})

test('a store is its account’s: another account finds none, and makes no key in it', async () => {
  const elsewhere = await postern.otherAccount('777788889999')
  const CustomKeyStoreId = storeId
  const notThere = 'CustomKeyStoreNotFoundException'

  assert.deepEqual((await elsewhere.kms.send(new DescribeCustomKeyStoresCommand({}))).CustomKeyStores, [])
  await refusedAs(notThere, elsewhere.kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId })))
  await refusedAs(notThere, elsewhere.kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId })))
  await refusedAs(notThere, elsewhere.kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId })))
  await refusedAs(notThere, makeKey(elsewhere.kms))
})

test('who has no permission for stores is refused before anything is told', async () => {
  const user = postern.clients((await makeUser(iam, 'without')).credentials).kms

  await refusedAs(
    'AccessDeniedException',
    user.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: storeId })),
    /kms:DescribeCustomKeyStores/,
  )
  await refusedAs('AccessDeniedException', user.send(new CreateCustomKeyStoreCommand(storeInput('b', other))))
  await refusedAs(
    'AccessDeniedException',
    user.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: 'cks-0' })),
  )
})

test('a store has no randomness of its own to give', async () => {
  await refusedAs(
    'UnsupportedOperationException',
    kms.send(new GenerateRandomCommand({ NumberOfBytes: 8, CustomKeyStoreId: storeId })),
  )
})

test('a store whose proxy is down fails to connect, says why, and connects again after it was disconnected', async () => {
  const made = await kms.send(new CreateCustomKeyStoreCommand(storeInput('second', other)))
  const second = made.CustomKeyStoreId!
  const { port } = other
  await other.stop()

  const failed = await connect(second)
  assert.deepEqual([failed.ConnectionState, failed.ConnectionErrorCode], ['FAILED', 'XKS_PROXY_NOT_REACHABLE'])
  await refusedAs(
    'CustomKeyStoreInvalidStateException',
    kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: second })),
  )
  await other.listen(port)
  assert.equal((await disconnect(second)).ConnectionState, 'DISCONNECTED')
  assert.equal((await connect(second)).ConnectionState, 'CONNECTED')
  await refusedAs(
    'CustomKeyStoreHasCMKsException',
    disconnect(storeId).then(() => kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: storeId }))),
  )
  await connect(storeId)
  await disconnect(second)
  await kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: second }))
  await refusedAs('CustomKeyStoreNotFoundException', describe(second))
})

test('[F60] the secret access keys of proxies are in no answer, log line, record or file', async () => {
  const files = readdirSync(postern.dataDirectory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
  const shown = [postern.log, ...files, JSON.stringify(await kms.send(new DescribeCustomKeyStoresCommand({})))]

  for (const { secretAccessKey } of [...proxy.credentials, ...other.credentials])
    for (const text of shown) assert.ok(!text.includes(secretAccessKey))
})

test('the trail has what was made and changed of stores, and which store it was', () => {
  const records = trailText(postern)
    .split('\n')
    .filter(line => line.includes('CustomKeyStore"'))
    .map(line => JSON.stringify(JSON.parse(line)))
  const made = records.find(text => text.includes('"CreateCustomKeyStore"') && text.includes(storeId))!
  const disconnected = records.find(text => text.includes('"DisconnectCustomKeyStore"') && text.includes(storeId))!

  assert.ok(made.includes('customKeyStoreName') && made.includes(proxy.uriPath), made)
  assert.ok(disconnected.includes('additionalEventData') && disconnected.includes('customKeyStoreName'), disconnected)
  for (const { accessKeyId } of proxy.credentials) assert.ok(!records.join().includes(accessKeyId))
})

test('connected stores are connected after a restart, and their ciphertexts open', async () => {
  const KeyId = await makeKey()
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }))
  await postern.stop()

  await postern.start()

  const again = postern.clients(await postern.administrator()).kms
  assert.equal((await again.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState, 'Enabled')
  const opened = await again.send(new DecryptCommand({ CiphertextBlob }))
  assert.equal(Buffer.from(opened.Plaintext!).toString(), 'kept')
})
