// The AWS Encryption SDK for JavaScript, with KMS keyrings: whole messages, whose data keys Postern makes and opens.
import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
  CommitmentPolicy,
  KmsKeyringNode,
  NodeCachingMaterialsManager,
  buildAwsKmsMrkAwareStrictMultiKeyringNode,
  buildClient,
  getLocalCryptographicMaterialsCache,
} from '@aws-crypto/client-node'
import type { KeyringNode, NodeMaterialsManager } from '@aws-crypto/client-node'
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand, KMS, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput } from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import type { Credentials } from '../start-postern.ts'
import { allow, makeUser } from './user.ts'

const otherRegion = 'eu-west-1'
const postern = await startPostern({ words: ['--region', otherRegion] })
after(() => postern[Symbol.asyncDispose]())
const credentials = await postern.administrator()
const { kms, ec2, iam } = postern.clients(credentials)
const network = await makePrivateNetwork(postern, ec2)

// Its own type of a client knows no `undefined` members.
type Client = ConstructorParameters<typeof AwsKmsMrkAwareSymmetricKeyringNode>[0]['client']

/** A client with a method for each operation, as the Encryption SDK wants it. */
function clientAt(endpoint: string, region = postern.region, as: Credentials = credentials): KMS & Client {
  const agent = new Agent({ ca: postern.authority, keepAlive: true })
  const client = new KMS({
    region,
    endpoint,
    credentials: { ...as },
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, httpsAgent: agent },
  })
  after(() => client.destroy())
  return client as KMS & Client
}

/** Counts the calls that a client sends from now on. */
function countCalls(client: KMS): () => number {
  let calls = 0
  const counting = (next: (args: never) => unknown) => (args: never) => {
    calls++
    return next(args)
  }
  client.middlewareStack.add(counting as never, { step: 'initialize' })
  return () => calls
}

async function makeKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand(input))).KeyMetadata!.Arn!
}

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const message = Buffer.from('A message of some length. '.repeat(1_000))
const encryptionContext = { stage: 'test', origin: 'us-west-2' }
const generatorKeyId = await makeKey()
const additional = await makeKey()
const [, , , , account = ''] = generatorKeyId.split(':')
const ofAccount = (...accountIDs: readonly string[]) => ({ accountIDs: [...accountIDs], partition: 'aws' })

const encrypted = async (by: KeyringNode | NodeMaterialsManager): Promise<Buffer> =>
  (await encrypt(by, message, { encryptionContext })).result

/** What the message says, and the context that it was encrypted with. */
async function opened(by: KeyringNode | NodeMaterialsManager, sealed: Buffer): Promise<Buffer> {
  const { plaintext, messageHeader } = await decrypt(by, sealed)
  for (const [name, value] of Object.entries(encryptionContext))
    assert.equal(messageHeader.encryptionContext[name], value)
  return plaintext
}

const doors = [
  ['at the public door', postern.apiUrl],
  ['through an endpoint', network.url],
] as const
for (const [door, url] of doors) {
  const client = clientAt(url)
  const clientProvider = () => client
  const both = new KmsKeyringNode({ clientProvider, generatorKeyId, keyIds: [additional] })

  describe(door, () => {
    test(`${door}, each of two keys opens a message that was encrypted with both`, async () => {
      const sealed = await encrypted(both)

      for (const key of [generatorKeyId, additional]) {
        const keyring = new KmsKeyringNode({ clientProvider, keyIds: [key] })
        assert.ok((await opened(keyring, sealed)).equals(message))
      }
    })

    test(`${door}, a keyring of another key does not open a message`, async () => {
      const sealed = await encrypted(both)
      const keyring = new KmsKeyringNode({ clientProvider, keyIds: [await makeKey()] })

      await assert.rejects(decrypt(keyring, sealed), /unencryptedDataKey has not been set/)
    })

    test(`${door}, a discovery keyring opens a message, and none of accounts that it is not to ask`, async () => {
      const sealed = await encrypted(both)
      const discover = (filter: ReturnType<typeof ofAccount>) =>
        new KmsKeyringNode({ clientProvider, discovery: true, discoveryFilter: filter })

      assert.ok((await opened(discover(ofAccount(account)), sealed)).equals(message))
      await assert.rejects(decrypt(discover(ofAccount('999999999999')), sealed), /unencryptedDataKey has not been set/)
    })

    test(`${door}, a generator that is named by its alias makes data keys`, async () => {
      const alias = `alias/${door.replaceAll(' ', '-')}`
      await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: generatorKeyId }))
      const arn = generatorKeyId.replace(/key\/.*/, alias)

      const sealed = await encrypted(new KmsKeyringNode({ clientProvider, generatorKeyId: arn }))

      const keyring = new KmsKeyringNode({ clientProvider, keyIds: [generatorKeyId] })
      assert.ok((await opened(keyring, sealed)).equals(message))
    })

    test(`${door}, a message whose encryption context was changed is refused`, async () => {
      const sealed = await encrypted(both)
      const at = sealed.indexOf('us-west-2')
      assert.ok(at > 0)
      const changed = Buffer.from(sealed)
      changed.write('us-east-1', at)

      await assert.rejects(decrypt(both, changed), /InvalidCiphertextException/)
    })

    test(`${door}, a cache of materials makes one data key for many messages`, async () => {
      const counted = clientAt(url)
      const calls = countCalls(counted)
      const keyring = new KmsKeyringNode({ clientProvider: () => counted, generatorKeyId })
      const cache = getLocalCryptographicMaterialsCache(10)
      const manager = new NodeCachingMaterialsManager({ backingMaterials: keyring, cache, maxAge: 60_000 })
      const sealed: Buffer[] = []

      for (let count = 0; count < 5; count++)
        sealed.push((await encrypt(manager, message, { encryptionContext, plaintextLength: message.length })).result)

      assert.equal(calls(), 1)
      for (const each of sealed) assert.ok((await opened(both, each)).equals(message))
      assert.equal(new Set(sealed.map(String)).size, 5)
    })

    test(`${door}, a key that is disabled makes no data key, and opens no message`, async () => {
      const key = await makeKey()
      const keyring = new KmsKeyringNode({ clientProvider, generatorKeyId: key })
      const sealed = await encrypted(keyring)

      await kms.send(new DisableKeyCommand({ KeyId: key }))

      await assert.rejects(encrypted(keyring), { name: 'DisabledException' })
      await assert.rejects(decrypt(keyring, sealed), /DisabledException|is disabled/)
    })

    test(`${door}, a related key in another Region opens what keyrings of multi-Region keys encrypted`, async () => {
      const key = await makeKey({ MultiRegion: true })
      await kms.send(new ReplicateKeyCommand({ KeyId: key, ReplicaRegion: otherRegion }))
      const replica = key.replace(postern.region, otherRegion)
      // An endpoint is one Region's: the replica is asked at the public door.
      const elsewhere = clientAt(postern.apiUrl, otherRegion)
      const isReady = async () => (await elsewhere.describeKey({ KeyId: replica })).KeyMetadata!.KeyState === 'Enabled'
      for (const end = Date.now() + 20_000; !(await isReady()); await delay(20)) assert.ok(Date.now() < end)

      const sealed = await encrypted(new AwsKmsMrkAwareSymmetricKeyringNode({ client, keyId: key }))

      const named = new AwsKmsMrkAwareSymmetricKeyringNode({ client: elsewhere, keyId: replica })
      const found = new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({
        client: elsewhere,
        discoveryFilter: ofAccount(account),
      })
      const several = buildAwsKmsMrkAwareStrictMultiKeyringNode({
        clientProvider: region => (region === otherRegion ? elsewhere : client),
        generatorKeyId: replica,
        keyIds: [additional],
      })
      for (const keyring of [named, found, several]) assert.ok((await opened(keyring, sealed)).equals(message))
      assert.ok((await opened(both, await encrypted(several))).equals(message))
      const unaware = new KmsKeyringNode({ clientProvider: () => elsewhere, keyIds: [replica] })
      await assert.rejects(decrypt(unaware, sealed), /unencryptedDataKey has not been set/)
    })
  })
}

test('a user who may use the key with one encryption context only has no other message opened', async () => {
  const { credentials: alice } = await makeUser(iam, 'alice', {
    ...allow(['kms:GenerateDataKey', 'kms:Decrypt'], generatorKeyId),
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'one' } },
  })
  const client = clientAt(postern.apiUrl, postern.region, alice)
  const keyring = new KmsKeyringNode({ clientProvider: () => client, generatorKeyId })
  const administrator = new KmsKeyringNode({ clientProvider: () => clientAt(postern.apiUrl), generatorKeyId })
  const sealedFor = async (by: KeyringNode, tenant: string): Promise<Buffer> =>
    (await encrypt(by, message, { encryptionContext: { tenant } })).result

  const { plaintext } = await decrypt(keyring, await sealedFor(keyring, 'one'))

  assert.ok(plaintext.equals(message))
  await assert.rejects(sealedFor(keyring, 'two'), { name: 'AccessDeniedException' })
  await assert.rejects(
    decrypt(keyring, await sealedFor(administrator, 'two')),
    /not authorized to perform: kms:Decrypt/,
  )
})

test('a client that requires commitment opens no message without', async () => {
  const client = clientAt(postern.apiUrl)
  const keyring = new KmsKeyringNode({ clientProvider: () => client, generatorKeyId })
  const without = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)

  const { result } = await without.encrypt(keyring, message, { encryptionContext })

  assert.ok((await without.decrypt(keyring, result)).plaintext.equals(message))
  await assert.rejects(decrypt(keyring, result), /[Cc]ommitment/)
})
