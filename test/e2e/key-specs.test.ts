// Every key spec in every operation that it is for, by the AWS SDK, with Node's own cryptography on the other side.
import assert from 'node:assert/strict'
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  publicEncrypt,
  verify as verifyHere,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import type {
  DataKeyPairSpec,
  EncryptionAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  MessageType,
  SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { keySpecs } from '../../src/crypto/index.ts'
import { spkiBytes } from '../crypto/spki-bytes.ts'
import { startPostern } from '../start-postern.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())

const Message = Buffer.from('a message')
const rows = Object.values(keySpecs)
const lists = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
} as const

/** Every spec and usage that go together, with the algorithms. */
const kinds = rows.flatMap(({ name, family, algorithms }) =>
  Object.entries(algorithms).map(([usage, names]) => ({
    spec: name as KeySpec,
    usage: usage as keyof typeof lists,
    family,
    algorithms: names as readonly string[],
  })),
)
type Kind = (typeof kinds)[number]
const kindsFor = (usage: KeyUsageType): readonly Kind[] => kinds.filter(kind => kind.usage === usage)

async function newKey({ spec, usage }: Pick<Kind, 'spec' | 'usage'>): Promise<string> {
  return (await kms.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }))).KeyMetadata!.KeyId!
}

const keys = new Map<Kind, Promise<string>>()

/** The one key of that kind that the tests share. */
function keyOf(kind: Kind): Promise<string> {
  const key = keys.get(kind) ?? newKey(kind)
  keys.set(kind, key)
  return key
}

async function publicKeyOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  return createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
}

for (const kind of kinds) {
  const { spec, usage, algorithms } = kind
  test(`a key of ${spec} for ${usage} tells its algorithms, in one list`, async () => {
    const KeyId = await keyOf(kind)

    const { KeyMetadata: metadata } = await kms.send(new DescribeKeyCommand({ KeyId }))

    assert.equal(metadata!.KeySpec, spec)
    assert.equal(metadata!.CustomerMasterKeySpec, spec)
    assert.equal(metadata!.KeyUsage, usage)
    assert.equal(metadata!.KeyState, 'Enabled')
    const told = Object.values(lists).filter(list => list in metadata!)
    assert.deepEqual(told, [lists[usage]])
    assert.deepEqual(metadata![lists[usage]], algorithms)
    assert.equal(metadata!.CurrentKeyMaterialId === undefined, spec !== 'SYMMETRIC_DEFAULT')
  })
}

for (const kind of kinds.filter(({ spec }) => spec in spkiBytes)) {
  test(`GetPublicKey of ${kind.spec} for ${kind.usage} answers a public key that OpenSSL reads`, async () => {
    const KeyId = await keyOf(kind)

    const answer = await kms.send(new GetPublicKeyCommand({ KeyId }))

    const { PublicKey, KeySpec, CustomerMasterKeySpec, KeyUsage } = answer
    const read = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
    assert.equal(PublicKey!.length, spkiBytes[kind.spec as keyof typeof spkiBytes])
    assert.deepEqual(read.export({ format: 'der', type: 'spki' }), Buffer.from(PublicKey!))
    assert.deepEqual([KeySpec, CustomerMasterKeySpec, KeyUsage], [kind.spec, kind.spec, kind.usage])
    assert.deepEqual(answer[lists[kind.usage] as 'SigningAlgorithms'], kind.algorithms)
  })
}

const hashes: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' }
const hashOf = (algorithm: string): string => hashes[algorithm.slice(-3)]!

/** How Node verifies a signature of a raw message. */
function isRightHere(algorithm: string, publicKey: KeyObject, signature: Uint8Array): boolean {
  if (algorithm === 'ED25519_SHA_512' || algorithm === 'ML_DSA_SHAKE_256')
    return verifyHere(null, Message, publicKey, signature)
  const padding = algorithm.startsWith('RSASSA_PSS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  return verifyHere(hashOf(algorithm), Message, { key: publicKey, ...padding }, signature)
}

for (const kind of kindsFor('SIGN_VERIFY')) {
  for (const name of kind.algorithms) {
    const SigningAlgorithm = name as SigningAlgorithmSpec
    if (name !== 'ED25519_PH_SHA_512')
      test(`Sign with ${kind.spec} and ${name} makes what Node and Verify find right, and no other message’s`, async () => {
        const KeyId = await keyOf(kind)

        const { Signature, ...answer } = await kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm }))

        assert.equal(answer.SigningAlgorithm, SigningAlgorithm)
        assert.ok(answer.KeyId!.endsWith(`:key/${KeyId}`))
        assert.ok(isRightHere(name, await publicKeyOf(KeyId), Signature!))
        const right = await kms.send(new VerifyCommand({ KeyId, Message, SigningAlgorithm, Signature }))
        assert.equal(right.SignatureValid, true)
        const other = new VerifyCommand({ KeyId, Message: Buffer.from('another'), SigningAlgorithm, Signature })
        await assert.rejects(kms.send(other), { name: 'KMSInvalidSignatureException' })
      })

    if (name !== 'ED25519_SHA_512' && name !== 'ML_DSA_SHAKE_256')
      test(`Sign with ${kind.spec} and ${name} takes a digest in the place of the message`, async () => {
        const KeyId = await keyOf(kind)
        const digest = createHash(hashOf(name)).update(Message).digest()
        const input = { KeyId, Message: digest, MessageType: 'DIGEST' as MessageType, SigningAlgorithm }

        const { Signature } = await kms.send(new SignCommand(input))

        assert.equal((await kms.send(new VerifyCommand({ ...input, Signature }))).SignatureValid, true)
        // It is the signature of the message, but where the digest is hashed again.
        if (name === 'ED25519_PH_SHA_512') return
        assert.ok(isRightHere(name, await publicKeyOf(KeyId), Signature!))
        assert.ok(await kms.send(new VerifyCommand({ KeyId, Message, SigningAlgorithm, Signature })))
      })
  }
}

for (const kind of kindsFor('SIGN_VERIFY').filter(({ family }) => family === 'ml-dsa')) {
  test(`Sign with ${kind.spec} takes a mu in the place of the message, by FIPS 204`, async () => {
    const KeyId = await keyOf(kind)
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
    // The key stands at the end of its SubjectPublicKeyInfo, behind 22 bytes.
    const shake = (...parts: readonly Uint8Array[]): Buffer =>
      parts.reduce((hash, part) => hash.update(part), createHash('shake256', { outputLength: 64 })).digest()
    const mu = shake(shake(PublicKey!.subarray(22)), Buffer.from([0, 0]), Message)
    const SigningAlgorithm = 'ML_DSA_SHAKE_256'

    const { Signature } = await kms.send(
      new SignCommand({ KeyId, Message: mu, MessageType: 'EXTERNAL_MU', SigningAlgorithm }),
    )

    assert.ok(isRightHere(SigningAlgorithm, await publicKeyOf(KeyId), Signature!))
    assert.ok(await kms.send(new VerifyCommand({ KeyId, Message, SigningAlgorithm, Signature })))
  })
}

const rsaKinds = kindsFor('ENCRYPT_DECRYPT').filter(({ family }) => family === 'rsa')
const symmetric = kinds.find(({ spec }) => spec === 'SYMMETRIC_DEFAULT')!

for (const kind of rsaKinds) {
  for (const name of kind.algorithms) {
    const EncryptionAlgorithm = name as EncryptionAlgorithmSpec
    const oaepHash = name === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256'

    test(`Decrypt with ${kind.spec} and ${name} opens what Encrypt and what Node made`, async () => {
      const KeyId = await keyOf(kind)
      const key = await publicKeyOf(KeyId)

      const made = await kms.send(new EncryptCommand({ KeyId, Plaintext: Message, EncryptionAlgorithm }))

      assert.equal(made.EncryptionAlgorithm, EncryptionAlgorithm)
      for (const CiphertextBlob of [made.CiphertextBlob!, publicEncrypt({ key, oaepHash }, Message)]) {
        const opened = await kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }))
        assert.deepEqual(Buffer.from(opened.Plaintext!), Message)
        assert.equal(opened.EncryptionAlgorithm, EncryptionAlgorithm)
        assert.equal(opened.KeyMaterialId, undefined)
      }
    })

    test(`ReEncrypt goes from a symmetric key to ${kind.spec} with ${name} and back`, async () => {
      const [KeyId, symmetricId] = [await keyOf(kind), await keyOf(symmetric)]
      const EncryptionContext = { a: 'b' }
      const first = new EncryptCommand({ KeyId: symmetricId, Plaintext: Message, EncryptionContext })
      const { CiphertextBlob: blob } = await kms.send(first)

      const there = await kms.send(
        new ReEncryptCommand({
          CiphertextBlob: blob,
          SourceEncryptionContext: EncryptionContext,
          DestinationKeyId: KeyId,
          DestinationEncryptionAlgorithm: EncryptionAlgorithm,
        }),
      )
      const back = await kms.send(
        new ReEncryptCommand({
          CiphertextBlob: there.CiphertextBlob,
          SourceKeyId: KeyId,
          SourceEncryptionAlgorithm: EncryptionAlgorithm,
          DestinationKeyId: symmetricId,
        }),
      )

      assert.equal(there.SourceEncryptionAlgorithm, 'SYMMETRIC_DEFAULT')
      assert.equal(there.DestinationEncryptionAlgorithm, EncryptionAlgorithm)
      assert.equal(there.DestinationKeyMaterialId, undefined)
      assert.equal(back.SourceKeyMaterialId, undefined)
      const opened = await kms.send(new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }))
      assert.deepEqual(Buffer.from(opened.Plaintext!), Message)
    })

    test(`Encrypt with ${kind.spec} and ${name} takes as much as fits, and tells how much that is`, async () => {
      const KeyId = await keyOf(kind)
      const bits = Number(kind.spec.slice(4))
      const most = bits / 8 - 2 * (oaepHash === 'sha1' ? 20 : 32) - 2
      const encrypt = (length: number): Promise<unknown> =>
        kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(length, 1), EncryptionAlgorithm }))

      await encrypt(most)

      await assert.rejects(encrypt(most + 1), {
        name: 'ValidationException',
        message: `Algorithm ${name} and key spec ${kind.spec} cannot encrypt data larger than ${most} bytes.`,
      })
    })
  }
}

for (const kind of kindsFor('GENERATE_VERIFY_MAC')) {
  test(`GenerateMac with ${kind.spec} makes a code of full length that VerifyMac finds right`, async () => {
    const KeyId = await keyOf(kind)
    const MacAlgorithm = kind.algorithms[0] as MacAlgorithmSpec
    const length = createHmac(MacAlgorithm.replace('HMAC_SHA_', 'sha'), 'a').digest().length

    const { Mac, ...answer } = await kms.send(new GenerateMacCommand({ KeyId, Message, MacAlgorithm }))

    assert.equal(Mac!.length, length)
    assert.equal(answer.MacAlgorithm, MacAlgorithm)
    assert.equal((await kms.send(new VerifyMacCommand({ KeyId, Message, MacAlgorithm, Mac }))).MacValid, true)
    const again = await kms.send(new GenerateMacCommand({ KeyId, Message, MacAlgorithm }))
    assert.deepEqual(again.Mac, Mac)
  })
}

const namedCurves: Readonly<Record<string, string>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
}

for (const kind of kindsFor('KEY_AGREEMENT')) {
  test(`DeriveSharedSecret with ${kind.spec} agrees with the other side`, async () => {
    const KeyId = await keyOf(kind)
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: namedCurves[kind.spec]! })
    const PublicKey = publicKey.export({ format: 'der', type: 'spki' })

    const answer = await kms.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }))

    const expected = diffieHellman({ privateKey, publicKey: await publicKeyOf(KeyId) })
    assert.deepEqual(Buffer.from(answer.SharedSecret!), expected)
    assert.equal(answer.KeyAgreementAlgorithm, 'ECDH')
    assert.equal(answer.KeyOrigin, 'AWS_KMS')
  })
}

for (const kind of kindsFor('ENCAPSULATE_DECAPSULATE')) {
  test(`Decapsulate with ${kind.spec} gives the secret of Encapsulate, and that of the other side`, async () => {
    const KeyId = await keyOf(kind)
    const EncapsulationAlgorithm = 'ML_KEM'

    const made = await kms.send(new EncapsulateCommand({ KeyId, EncapsulationAlgorithm }))
    const here = encapsulate(await publicKeyOf(KeyId))

    assert.equal(made.SharedSecret!.length, 32)
    for (const [secret, SharedSecretCiphertextBlob] of [
      [made.SharedSecret!, made.SharedSecretCiphertextBlob!],
      [here.sharedKey, here.ciphertext],
    ] as const) {
      const input = { KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob } as const
      const opened = await kms.send(new DecapsulateCommand(input))
      assert.deepEqual(Buffer.from(opened.SharedSecret!), Buffer.from(secret))
    }
  })
}

for (const { name } of rows.filter(({ dataKeyPair }) => dataKeyPair)) {
  const KeyPairSpec = name as DataKeyPairSpec
  const EncryptionContext = { purpose: 'pair' }

  test(`GenerateDataKeyPair makes a pair of ${name}, whose private key its ciphertext decrypts to`, async () => {
    const KeyId = await keyOf(symmetric)

    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec, EncryptionContext }))

    const der = Buffer.from(pair.PrivateKeyPlaintext!)
    const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    assert.deepEqual(publicKey.export({ format: 'der', type: 'spki' }), Buffer.from(pair.PublicKey!))
    assert.equal(pair.KeyPairSpec, KeyPairSpec)
    const CiphertextBlob = pair.PrivateKeyCiphertextBlob
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    assert.deepEqual(Buffer.from(opened.Plaintext!), der)
    assert.equal(opened.KeyMaterialId, pair.KeyMaterialId)
  })

  test(`GenerateDataKeyPairWithoutPlaintext makes a pair of ${name}, and answers its private key encrypted only`, async () => {
    const KeyId = await keyOf(symmetric)

    const pair = await kms.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec }))

    assert.ok(!('PrivateKeyPlaintext' in pair))
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }))
    const key = createPrivateKey({ key: Buffer.from(Plaintext!), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
    assert.deepEqual(publicKey, Buffer.from(pair.PublicKey!))
  })
}
