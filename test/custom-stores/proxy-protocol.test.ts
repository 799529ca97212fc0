// The server's side of the XKS proxy API against the reference proxy, over real connections.
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { SecretBytes, systemClock, systemRandom } from '../../src/base/index.ts'
import { decryptBlobTwice, encryptBlobTwice, parseBlob } from '../../src/crypto/index.ts'
import { ExternalKeyStore, ProxyFailure } from '../../src/keys/index.ts'
import type { ProxyFailureKind, ProxyRequester } from '../../src/keys/index.ts'
import { ProxyCaller } from '../../src/server/custom-stores/send-to-proxy.ts'
import type { ProxySettings } from '../../src/server/custom-stores/send-to-proxy.ts'
import { newCredential, startReferenceProxy } from '../reference-proxy.ts'
import type { Misbehaviour, ProxyCredential } from '../reference-proxy.ts'

const proxy = await startReferenceProxy({ name: 'xks.example.com', uriPath: '/prefix/kms/xks/v1' })
after(() => proxy[Symbol.asyncDispose]())
proxy.addKey('key-1')

// Long, because other tests may have the machine: what takes too long is tested with less.
const settings: ProxySettings = {
  proxies: [{ endpoint: proxy.uriEndpoint, address: { host: '127.0.0.1', port: proxy.port } }],
  authorities: proxy.certificate,
  timeoutMillis: 20_000,
}

const callers: ProxyCaller[] = []
after(() => {
  for (const caller of callers) caller[Symbol.dispose]()
})

interface Given {
  readonly credential?: ProxyCredential
  readonly uriEndpoint?: string
  readonly uriPath?: string
  readonly settings?: Partial<ProxySettings>
}

function storeWith({
  credential = proxy.credentials[0]!,
  uriEndpoint = proxy.uriEndpoint,
  uriPath,
  settings: others,
}: Given = {}) {
  const caller = new ProxyCaller({ ...settings, ...others })
  callers.push(caller)
  const access = {
    region: 'us-west-2',
    uriEndpoint,
    uriPath: uriPath ?? proxy.uriPath,
    accessKeyId: credential.accessKeyId,
    secretAccessKey: new SecretBytes(Buffer.from(credential.secretAccessKey)),
  }
  return new ExternalKeyStore(access, { proxies: caller, clock: systemClock })
}

const account = '111122223333'
const requester: ProxyRequester = {
  operation: 'Encrypt',
  requestId: 'request-1',
  caller: {
    kind: 'user',
    account,
    arn: `arn:aws:iam::${account}:user/a`,
    userId: 'AIDA',
    accessKeyId: '',
    tags: {},
    userName: 'a',
  },
  path: { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true },
}
const keyArn = `arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const store = storeWith()

const failsAs = (kind: ProxyFailureKind, work: Promise<unknown>): Promise<void> =>
  assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof ProxyFailure, String(error))
    assert.equal(error.kind, kind, error.message)
    return true
  })

async function misbehaving(misbehaviour: Misbehaviour, work: () => Promise<void>): Promise<void> {
  proxy.misbehaviour = misbehaviour
  try {
    await work()
  } finally {
    proxy.misbehaviour = undefined
  }
}

test('a healthy proxy is healthy', async () => {
  await store.checkHealth('CreateCustomKeyStore', 'request-0')

  assert.deepEqual(proxy.requests.at(-1)!.body, {
    requestMetadata: { kmsRequestId: 'request-0', kmsOperation: 'CreateCustomKeyStore' },
  })
})

test('the proxy tells what an external key is', async () => {
  const metadata = await store.keyMetadata('key-1', { ...requester, operation: 'CreateKey' })

  assert.deepEqual({ ...metadata }, { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' })
  const { requestMetadata } = proxy.requests.at(-1)!.body as { readonly requestMetadata: object }
  assert.deepEqual(requestMetadata, {
    awsPrincipalArn: `arn:aws:iam::${account}:user/a`,
    kmsOperation: 'CreateKey',
    kmsRequestId: 'request-1',
  })
})

test('what the external key encrypts it decrypts, bound to its associated data', async () => {
  const key = store.key('key-1', keyArn, requester)
  const message = randomBytes(4_160)
  const ciphertext = await key.encrypt(message, Buffer.from('data'))

  assert.deepEqual(await key.decrypt(ciphertext, Buffer.from('data')), message)
  await failsAs('InvalidCiphertextException', key.decrypt(ciphertext, Buffer.from('datb')))
  await failsAs(
    'InvalidCiphertextException',
    key.decrypt({ ...ciphertext, metadata: Buffer.from('key_version=2') }, Buffer.from('data')),
  )
})

test('a request through an endpoint names it and its VPC; one by a service names the service, with its Region', async () => {
  const metadataOf = async (path: ProxyRequester['path']): Promise<object> => {
    await store.key('key-1', keyArn, { ...requester, path }).encrypt(randomBytes(8), Buffer.alloc(0))
    return (proxy.requests.at(-1)!.body as { readonly requestMetadata: object }).requestMetadata
  }
  const endpoint = {
    endpointId: 'vpce-1',
    endpointAccount: account,
    vpcId: 'vpc-1',
    region: 'us-west-2',
    service: 'kms',
  }
  const usual = {
    awsPrincipalArn: `arn:aws:iam::${account}:user/a`,
    kmsKeyArn: keyArn,
    kmsOperation: 'Encrypt',
    kmsRequestId: 'request-1',
  }

  assert.deepEqual(await metadataOf({ kind: 'endpoint', ...endpoint, clientAddress: '10.0.0.1' }), {
    ...usual,
    awsSourceVpc: 'vpc-1',
    awsSourceVpce: 'vpce-1',
  })
  const serviceName = 'secretsmanager.amazonaws.com'
  assert.deepEqual(await metadataOf({ kind: 'service', serviceName, clientAddress: serviceName }), {
    ...usual,
    kmsViaService: 'secretsmanager.us-west-2.amazonaws.com',
  })
})

test('a request is signed for host and date alone, and goes to exactly the path of its key', async () => {
  await store.keyMetadata('key-1', requester)

  const { path, headers } = proxy.requests.at(-1)!
  assert.equal(path, '/prefix/kms/xks/v1/keys/key-1/metadata')
  assert.match(String(headers.authorization), /us-west-2\/kms-xks-proxy\/aws4_request, SignedHeaders=host;x-amz-date,/)
  assert.equal(headers.host, 'xks.example.com')
})

test('a blob that was encrypted twice opens with both keys, and neither the message nor its context is told to the proxy', async () => {
  const own = { materialId: 'ab'.repeat(32), key: createSecretKey(randomBytes(32)) }
  const external = store.key('key-1', keyArn, requester)
  const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
  const context = { purpose: 'a very private purpose' }
  const plaintext = Buffer.from('a very private message, which is long enough')
  const blob = await encryptBlobTwice(keyId, { own, external }, plaintext, context, systemRandom)
  const parsed = parseBlob(blob)!

  assert.deepEqual(await decryptBlobTwice(parsed, { own, external }, context), plaintext)
  const seen = JSON.stringify(proxy.requests.map(({ body }) => body))
  const told = seen
    .match(/[A-Za-z0-9+/=]{24,}/g)!
    .map(text => Buffer.from(text, 'base64').toString('latin1'))
    .join()
  for (const secret of ['very private']) assert.ok(!seen.includes(secret) && !told.includes(secret))
  // Another context, another own key, and every changed byte.
  await failsAs('InvalidCiphertextException', decryptBlobTwice(parsed, { own, external }, { purpose: 'other' }))
  const other = { ...own, key: createSecretKey(randomBytes(32)) }
  assert.equal(await decryptBlobTwice(parsed, { own: other, external }, context), undefined)
  for (let at = 2; at < blob.length; at += 7) {
    const changed = Buffer.from(blob)
    changed[at]! ^= 0x10
    const opened = async (): Promise<Buffer | undefined> => {
      const forged = parseBlob(changed)
      return forged === undefined ? undefined : decryptBlobTwice(forged, { own, external }, context)
    }
    const result = await opened().catch((error: unknown) => {
      assert.ok(error instanceof ProxyFailure && error.kind === 'InvalidCiphertextException', String(error))
    })
    assert.equal(result, undefined, `byte ${at}`)
  }
})

test('a wrong credential, or another one’s, is refused by the proxy', async () => {
  const [right] = proxy.credentials as [ProxyCredential]
  const before = proxy.refused

  await failsAs('AuthenticationFailedException', storeWith({ credential: newCredential() }).checkHealth('a', 'b'))
  const half = { ...right, secretAccessKey: newCredential().secretAccessKey }
  await failsAs('AuthenticationFailedException', storeWith({ credential: half }).checkHealth('a', 'b'))

  assert.equal(proxy.refused, before + 2)
})

test('a proxy that is not in the operator’s list is never called, whatever its name resembles', async () => {
  const before = proxy.requests.length
  const others = ['https://other.example.com', 'https://xks.example.com.', 'https://127.0.0.1', 'https://localhost']

  for (const uriEndpoint of others) await failsAs('unreachable', storeWith({ uriEndpoint }).checkHealth('a', 'b'))
  await failsAs('unreachable', storeWith({ settings: { proxies: [] } }).checkHealth('a', 'b'))

  assert.equal(proxy.requests.length, before)
})

test('the list does not mind the case of a name', async () => {
  await storeWith({ uriEndpoint: 'https://XKS.example.com' }).checkHealth('a', 'b')
})

test('a path that begins like another host stays a path of the proxy', async () => {
  await failsAs(
    'InvalidUriPathException',
    storeWith({ uriPath: '//evil.example.com/kms/xks/v1' }).checkHealth('a', 'b'),
  )

  assert.equal(proxy.requests.at(-1)!.path, '//evil.example.com/kms/xks/v1/health')
})

test('a proxy whose certificate nobody trusts, or that is for another name, gets no request', async () => {
  const before = proxy.requests.length
  const distrusting = storeWith({ settings: { authorities: undefined } })
  const endpoint = 'https://elsewhere.example.com'
  const misnamed = [{ endpoint, address: { host: '127.0.0.1', port: proxy.port } }]

  await failsAs('tls', distrusting.checkHealth('a', 'b'))
  await failsAs('tls', storeWith({ uriEndpoint: endpoint, settings: { proxies: misnamed } }).checkHealth('a', 'b'))

  assert.equal(proxy.requests.length, before)
})

test('certificates are verified also where the environment says otherwise', async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    await failsAs('tls', storeWith({ settings: { authorities: undefined } }).checkHealth('a', 'b'))
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
})

test('nobody at the address, one who speaks no TLS, and one who says nothing have failures of their own', async () => {
  const silent = createServer()
  const talker = createServer(socket => socket.end('hello\n'))
  const portOf = async (server: typeof silent): Promise<number> => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const at = (port: number, timeoutMillis = settings.timeoutMillis) =>
    storeWith({
      settings: { proxies: [{ endpoint: proxy.uriEndpoint, address: { host: '127.0.0.1', port } }], timeoutMillis },
    })
  const [silentPort, talkerPort, closed] = [await portOf(silent), await portOf(talker), createServer()]
  const closedPort = await portOf(closed)
  await new Promise(resolve => closed.close(resolve))

  await failsAs('unreachable', at(closedPort).checkHealth('a', 'b'))
  await failsAs('tls', at(talkerPort).checkHealth('a', 'b'))
  await failsAs('timeout', at(silentPort, 50).checkHealth('a', 'b'))
  silent.close()
  talker.close()
})

test('a proxy that does not answer, or not to the end, is not waited for', async () => {
  const hasty = storeWith({ settings: { timeoutMillis: 300 } })
  await misbehaving(
    () => undefined,
    () => failsAs('timeout', hasty.checkHealth('a', 'b')),
  )
  await misbehaving(
    right => ({ ...right, headers: { 'content-length': '10000' } }),
    () => failsAs('timeout', hasty.checkHealth('a', 'b')),
  )
})

const wrongAnswers: readonly (readonly [string, Misbehaviour])[] = [
  ['JSON that breaks off', ({ body }) => ({ status: 200, body: JSON.stringify(body).slice(0, -2) })],
  ['HTML', () => ({ status: 502, body: '<html>Bad gateway</html>' })],
  ['an error that the API has not', () => ({ status: 400, body: { errorName: 'SomethingException' } })],
  ['more than anybody would read', () => ({ status: 200, body: ' '.repeat(40_000) + '{}' })],
  ['a redirect', () => ({ status: 307, body: {}, headers: { location: proxy.uriEndpoint } })],
  ['an answer of another operation', () => ({ status: 200, body: { plaintext: '' } })],
]

for (const [title, misbehaviour] of wrongAnswers) {
  test(`a proxy that answers with ${title} is not understood, and asked once`, async () => {
    const before = proxy.requests.length

    await misbehaving(misbehaviour, () => failsAs('malformed', store.checkHealth('a', 'b')))

    assert.equal(proxy.requests.length, before + 1)
  })
}

for (const [title, change] of [
  ['with a wrong integrity value', { ciphertextDataIntegrityValue: Buffer.alloc(32).toString('base64') }],
  ['without an integrity value', { ciphertextDataIntegrityValue: undefined }],
  ['of another length', { ciphertext: 'AAAA' }],
] as const) {
  test(`a ciphertext ${title} is not taken`, async () => {
    const work = (): Promise<void> =>
      failsAs('malformed', store.key('key-1', keyArn, requester).encrypt(randomBytes(32), Buffer.alloc(0)))

    await misbehaving(({ status, body }) => ({ status, body: { ...(body as object), ...change } }), work)
  })
}

const errorStatuses = {
  ValidationException: 400,
  InvalidStateException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  AuthenticationFailedException: 401,
  AccessDeniedException: 403,
  KeyNotFoundException: 404,
  InvalidUriPathException: 404,
  ThrottlingException: 429,
  InternalException: 500,
  UnsupportedOperationException: 501,
  DependencyTimeoutException: 503,
} as const

for (const [errorName, status] of Object.entries(errorStatuses)) {
  test(`${errorName} of a proxy is known`, async () => {
    await misbehaving(
      () => ({ status, body: { errorName } }),
      () => failsAs(errorName as keyof typeof errorStatuses, store.checkHealth('a', 'b')),
    )
  })
}

test('a connection that the proxy has closed meanwhile costs nothing', async () => {
  const other = await startReferenceProxy({ name: 'xks.example.com' })
  const proxies = [{ endpoint: other.uriEndpoint, address: { host: '127.0.0.1', port: other.port } }]
  const given = { credential: other.credentials[0]!, uriPath: other.uriPath }
  const again = storeWith({ ...given, settings: { proxies, authorities: other.certificate } })
  await again.checkHealth('a', 'b')
  const { port } = other
  await other.stop()
  await other.listen(port)

  await again.checkHealth('a', 'b')
  await other.stop()
})
