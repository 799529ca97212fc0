// AWS CloudHSM key stores: without HSMs, and with tokens of SoftHSM2.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateRandomCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms'
import type { CustomKeyStoresListEntry, KMSClient } from '@aws-sdk/client-kms'
import { makeCertificate } from '../reference-proxy.ts'
import { SoftHsm, softHsmTools } from '../soft-hsm.ts'
import { startPostern } from '../start-postern.ts'

const refusedAs = (name: string, work: Promise<unknown>, message = /./): Promise<void> =>
  assert.rejects(work, (error: Error) => {
    assert.equal(error.name, name, error.message)
    assert.match(error.message, message)
    return true
  })

const clusterId = 'cluster-1a23b4cdefg'.replace(/[018-9]/g, '2')
const otherCluster = 'cluster-bbbbbbbbbbb'
const absentCluster = 'cluster-ccccccccccc'
const password = 'kms-user-password'

const { certificate } = await makeCertificate('cluster')

const storeInput = (changes: object = {}) => ({
  CustomKeyStoreName: 'hsm',
  CloudHsmClusterId: clusterId,
  TrustAnchorCertificate: certificate,
  KeyStorePassword: password,
  ...changes,
})

const tools = softHsmTools()
if ('missing' in tools) test('AWS CloudHSM key stores with HSMs', { skip: tools.missing }, () => {})
else {
  const hsm = new SoftHsm(tools)
  hsm.addToken('kms', password)
  hsm.addToken('other', 'other-password')
  const tokens = [`${clusterId}=kms`, `${otherCluster}=other`, `${absentCluster}=absent`]
  const postern = await startPostern({
    words: [
      '--pkcs11-module',
      hsm.module,
      ...tokens.flatMap(token => ['--cloudhsm-token', token]),
      '--log-level',
      'trace',
    ],
    variables: hsm.variables,
  })
  after(async () => {
    await postern[Symbol.asyncDispose]()
    hsm[Symbol.dispose]()
  })
  let { kms } = postern.clients(await postern.administrator())

  const describe = async (CustomKeyStoreId: string): Promise<CustomKeyStoresListEntry> =>
    (await kms.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }))).CustomKeyStores![0]!
  const settled = async (storeId: string): Promise<CustomKeyStoresListEntry> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(20)) {
      const store = await describe(storeId)
      if (!store.ConnectionState!.endsWith('ING')) return store
    }
    throw new Error('A custom key store did not settle')
  }
  const connect = async (CustomKeyStoreId: string): Promise<CustomKeyStoresListEntry> => {
    await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }))
    return settled(CustomKeyStoreId)
  }
  const disconnect = async (CustomKeyStoreId: string): Promise<CustomKeyStoresListEntry> => {
    await kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }))
    return settled(CustomKeyStoreId)
  }
  const makeKey = async (CustomKeyStoreId: string, client: KMSClient = kms): Promise<string> =>
    (await client.send(new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }))).KeyMetadata!.KeyId!

  const storeId = (await kms.send(new CreateCustomKeyStoreCommand(storeInput()))).CustomKeyStoreId!

  test('a store shows its cluster and certificate, and no password', async () => {
    const { CreationDate, ...store } = await describe(storeId)

    assert.ok(CreationDate instanceof Date)
    assert.deepEqual(store, {
      CustomKeyStoreId: storeId,
      CustomKeyStoreName: 'hsm',
      CustomKeyStoreType: 'AWS_CLOUDHSM',
      ConnectionState: 'DISCONNECTED',
      CloudHsmClusterId: clusterId,
      TrustAnchorCertificate: certificate,
    })
  })

  test('a cluster is one store’s, also of two accounts, and must have its token', async () => {
    const elsewhere = await postern.otherAccount('444455556666')
    const taken = storeInput({ CustomKeyStoreName: 'taken' })
    const absent = storeInput({ CustomKeyStoreName: 'absent', CloudHsmClusterId: absentCluster })

    await refusedAs('CloudHsmClusterInUseException', kms.send(new CreateCustomKeyStoreCommand(taken)))
    await refusedAs('CloudHsmClusterInUseException', elsewhere.kms.send(new CreateCustomKeyStoreCommand(taken)))
    await refusedAs('CloudHsmClusterNotActiveException', kms.send(new CreateCustomKeyStoreCommand(absent)))
  })

  test('a key is made in a connected store only, and encrypts there', async () => {
    await refusedAs('CustomKeyStoreInvalidStateException', makeKey(storeId), /DISCONNECTED/)
    const random = new GenerateRandomCommand({ NumberOfBytes: 24, CustomKeyStoreId: storeId })
    await refusedAs('CustomKeyStoreInvalidStateException', kms.send(random))

    assert.equal((await connect(storeId)).ConnectionState, 'CONNECTED')

    const KeyId = await makeKey(storeId)
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
    assert.deepEqual(
      [KeyMetadata!.Origin, KeyMetadata!.CustomKeyStoreId, KeyMetadata!.CloudHsmClusterId, KeyMetadata!.KeyState],
      ['AWS_CLOUDHSM', storeId, clusterId, 'Enabled'],
    )
    assert.equal(KeyMetadata!.CurrentKeyMaterialId, undefined)
    const EncryptionContext = { a: 'b' }
    const Plaintext = Buffer.alloc(4_096, 3)
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
    await refusedAs('InvalidCiphertextException', kms.send(new DecryptCommand({ CiphertextBlob })))
    const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    assert.equal(dataKey.KeyMaterialId, undefined)
    const again = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob! }))
    assert.deepEqual(again.Plaintext, dataKey.Plaintext)
    assert.equal((await kms.send(random)).Plaintext!.length, 24)
  })

  test('keys of one store are nothing to another one’s ciphertexts', async () => {
    const [KeyId, otherKey] = [await makeKey(storeId), await makeKey(storeId)]
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))

    await refusedAs('IncorrectKeyException', kms.send(new DecryptCommand({ CiphertextBlob, KeyId: otherKey })))
  })

  test('while its store is disconnected a key is unavailable, and afterwards it opens what it had encrypted', async () => {
    const KeyId = await makeKey(storeId)
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }))

    await disconnect(storeId)

    assert.equal((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState, 'Unavailable')
    await refusedAs('KMSInvalidStateException', kms.send(new DecryptCommand({ CiphertextBlob })))
    await connect(storeId)
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
    assert.equal(Buffer.from(opened.Plaintext!).toString(), 'kept')
  })

  test('a wrong password fails the connection and says so; the right one connects', async () => {
    const input = storeInput({ CustomKeyStoreName: 'other', CloudHsmClusterId: otherCluster })
    const CustomKeyStoreId = (await kms.send(new CreateCustomKeyStoreCommand(input))).CustomKeyStoreId!

    const failed = await connect(CustomKeyStoreId)

    assert.deepEqual([failed.ConnectionState, failed.ConnectionErrorCode], ['FAILED', 'INVALID_CREDENTIALS'])
    const right = new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, KeyStorePassword: 'other-password' })
    await refusedAs('CustomKeyStoreInvalidStateException', kms.send(right))
    await disconnect(CustomKeyStoreId)
    await kms.send(right)
    assert.equal((await connect(CustomKeyStoreId)).ConnectionState, 'CONNECTED')
    await disconnect(CustomKeyStoreId)
    const elsewhere = new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, CloudHsmClusterId: absentCluster })
    await refusedAs('CloudHsmClusterNotRelatedException', kms.send(elsewhere))
    await kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }))
  })

  test('after a restart keys are used as before: the login is made anew', async () => {
    const KeyId = await makeKey(storeId)
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }))
    await postern.stop()

    await postern.start()

    ;({ kms } = postern.clients(await postern.administrator()))
    assert.equal((await describe(storeId)).ConnectionState, 'CONNECTED')
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
    assert.equal(Buffer.from(opened.Plaintext!).toString(), 'kept')
  })

  test('[F60] the password of a store is in no log line, record or file', () => {
    const files = readdirSync(postern.dataDirectory, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))

    for (const text of [postern.log, ...files]) assert.ok(!text.includes(password))
  })

  test('a password that holds no longer after a restart is tried once, and its store’s connection has failed', async () => {
    const KeyId = await makeKey(storeId)
    const encrypt = (): Promise<unknown> => kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
    await postern.stop()
    hsm.deleteToken('kms')
    hsm.addToken('kms', 'another-password')
    await postern.start()
    ;({ kms } = postern.clients(await postern.administrator()))

    await refusedAs('KMSInvalidStateException', encrypt(), /cannot log in/)

    const store = await describe(storeId)
    assert.deepEqual([store.ConnectionState, store.ConnectionErrorCode], ['FAILED', 'INVALID_CREDENTIALS'])
    await refusedAs('KMSInvalidStateException', encrypt(), /unavailable/)
    await refusedAs(
      'CustomKeyStoreHasCMKsException',
      disconnect(storeId).then(() => kms.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: storeId }))),
    )
  })
}

test('without a PKCS#11 module every cluster is one that cannot be found', async () => {
  await using postern = await startPostern()
  const { kms } = postern.clients(await postern.administrator())
  const create = (changes: object = {}): Promise<unknown> =>
    kms.send(new CreateCustomKeyStoreCommand(storeInput(changes)))

  await refusedAs('CloudHsmClusterNotFoundException', create())
  await refusedAs('IncorrectTrustAnchorException', create({ TrustAnchorCertificate: 'none' }))
  for (const member of ['CloudHsmClusterId', 'TrustAnchorCertificate', 'KeyStorePassword'])
    await refusedAs('ValidationException', create({ [member]: undefined }), new RegExp(member))
  await refusedAs('ValidationException', create({ XksProxyUriPath: '/kms/xks/v1' }))
  assert.deepEqual((await kms.send(new DescribeCustomKeyStoresCommand({}))).CustomKeyStores, [])
})
