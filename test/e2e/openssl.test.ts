// OpenSSL's command line beside KMS: what one makes, the other reads, opens and verifies.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, DataKeyPairSpec, KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { wrapByOpenssl } from '../wrap-material.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())
const folder = mkdtempSync(join(tmpdir(), 'postern-openssl-'))
after(() => rmSync(folder, { recursive: true }))
const message = Buffer.from('A message that is signed here and there')

let files = 0
/** The path of a new file with these bytes. */
function saved(bytes: Uint8Array): string {
  const path = join(folder, String(++files))
  writeFileSync(path, bytes, { mode: 0o600 })
  return path
}

const execute = promisify(execFile)
const openssl = async (...words: readonly string[]): Promise<Buffer> =>
  (await execute('openssl', words, { encoding: 'buffer' })).stdout

async function makeKey(KeySpec: KeySpec, more: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY', ...more }))
  return KeyMetadata!.KeyId!
}

const publicKeyOf = async (KeyId: string) => kms.send(new GetPublicKeyCommand({ KeyId }))

/** The public key as OpenSSL rewrites it: PEM. */
async function readPublicKey(der: Uint8Array): Promise<string> {
  return saved(await openssl('pkey', '-pubin', '-inform', 'DER', '-in', saved(der)))
}

const digestOf = (algorithm: SigningAlgorithmSpec): string => `sha${algorithm.slice(-3)}`

/** How OpenSSL is told of the padding. */
const paddingOf = (algorithm: SigningAlgorithmSpec): readonly string[] =>
  algorithm.startsWith('RSASSA_PSS') ? ['rsa_padding_mode:pss', 'rsa_pss_saltlen:digest'] : []

async function verifyByOpenssl(pem: string, algorithm: SigningAlgorithmSpec, signature: Uint8Array): Promise<void> {
  const options = paddingOf(algorithm).flatMap(option => ['-sigopt', option])
  const words = ['-verify', pem, '-signature', saved(signature), ...options, saved(message)]
  assert.match((await openssl('dgst', `-${digestOf(algorithm)}`, ...words)).toString(), /^Verified OK/)
}

/** The signature of the message, by a private key that OpenSSL has. */
async function signByOpenssl(privateKey: string, algorithm: SigningAlgorithmSpec): Promise<Buffer> {
  const options = paddingOf(algorithm).flatMap(option => ['-sigopt', option])
  return openssl('dgst', `-${digestOf(algorithm)}`, '-sign', privateKey, ...options, saved(message))
}

const described: readonly (readonly [KeySpec, RegExp])[] = [
  ['RSA_2048', /\(2048 bit\)[^]*Exponent: 65537/],
  ['RSA_3072', /\(3072 bit\)[^]*Exponent: 65537/],
  ['RSA_4096', /\(4096 bit\)[^]*Exponent: 65537/],
  ['ECC_NIST_P256', /ASN1 OID: prime256v1/],
  ['ECC_NIST_P384', /ASN1 OID: secp384r1/],
  ['ECC_NIST_P521', /ASN1 OID: secp521r1/],
  ['ECC_SECG_P256K1', /ASN1 OID: secp256k1/],
]
for (const [spec, text] of described) {
  test(`OpenSSL reads the public key of ${spec}, and verifies its signatures of messages and of digests`, async () => {
    const KeyId = await makeKey(spec)
    const { PublicKey, SigningAlgorithms } = await publicKeyOf(KeyId)
    const pem = await readPublicKey(PublicKey!)

    assert.match((await openssl('pkey', '-pubin', '-in', pem, '-noout', '-text')).toString(), text)
    assert.equal(SigningAlgorithms!.length, spec.startsWith('RSA') ? 6 : 1)
    for (const SigningAlgorithm of SigningAlgorithms!) {
      const digest = createHash(digestOf(SigningAlgorithm)).update(message).digest()
      const whole = await kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message: message }))
      const short = await kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message: digest, MessageType: 'DIGEST' }))
      for (const { Signature } of [whole, short]) await verifyByOpenssl(pem, SigningAlgorithm, Signature!)
    }
  })
}

test('OpenSSL reads the public key of ECC_NIST_EDWARDS25519, and verifies its signatures', async () => {
  const KeyId = await makeKey('ECC_NIST_EDWARDS25519')
  const pem = await readPublicKey((await publicKeyOf(KeyId)).PublicKey!)

  const { Signature } = await kms.send(
    new SignCommand({ KeyId, SigningAlgorithm: 'ED25519_SHA_512', Message: message }),
  )

  const words = ['-pubin', '-inkey', pem, '-rawin', '-in', saved(message), '-sigfile', saved(Signature!)]
  const verified = await openssl('pkeyutl', '-verify', ...words)
  assert.match(verified.toString(), /Signature Verified Successfully/)
})

const imported: readonly (readonly [KeySpec, readonly string[], readonly SigningAlgorithmSpec[]])[] = [
  [
    'RSA_2048',
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['RSASSA_PSS_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512'],
  ],
  ['ECC_NIST_P256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['ECDSA_SHA_256']],
  ['ECC_SECG_P256K1', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], ['ECDSA_SHA_256']],
]
for (const [spec, words, algorithms] of imported) {
  test(`a private key of ${spec} that OpenSSL made is imported: both sign alike, and each verifies the other`, async () => {
    const privateKey = saved(await openssl('genpkey', ...words))
    const pkcs8 = await openssl('pkcs8', '-topk8', '-nocrypt', '-outform', 'DER', '-in', privateKey)
    const KeyId = await makeKey(spec, { Origin: 'EXTERNAL' })
    const WrappingAlgorithm = 'RSA_AES_KEY_WRAP_SHA_256'
    const parameters = await kms.send(
      new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' }),
    )
    await kms.send(
      new ImportKeyMaterialCommand({
        KeyId,
        ImportToken: parameters.ImportToken!,
        EncryptedKeyMaterial: wrapByOpenssl(parameters.PublicKey!, WrappingAlgorithm, pkcs8),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    )
    const { PublicKey } = await publicKeyOf(KeyId)
    const pem = await readPublicKey(PublicKey!)

    assert.deepEqual(await openssl('pkey', '-in', privateKey, '-pubout', '-outform', 'DER'), Buffer.from(PublicKey!))
    for (const SigningAlgorithm of algorithms) {
      const given = { KeyId, SigningAlgorithm, Message: message }
      const { Signature } = await kms.send(new SignCommand(given))
      await verifyByOpenssl(pem, SigningAlgorithm, Signature!)
      const elsewhere = await signByOpenssl(privateKey, SigningAlgorithm)
      assert.equal((await kms.send(new VerifyCommand({ ...given, Signature: elsewhere }))).SignatureValid, true)
      const spoilt = Buffer.from(elsewhere)
      spoilt[spoilt.length - 1]! ^= 1
      await refused(kms.send(new VerifyCommand({ ...given, Signature: spoilt })), 'KMSInvalidSignatureException')
    }
  })
}

for (const bits of ['1', '256'] as const) {
  test(`what OpenSSL encrypts by RSAES-OAEP with SHA-${bits} under a public key, KMS decrypts`, async () => {
    const KeyId = await makeKey('RSA_2048', { KeyUsage: 'ENCRYPT_DECRYPT' })
    const pem = await readPublicKey((await publicKeyOf(KeyId)).PublicKey!)
    const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:sha${bits}`, `rsa_mgf1_md:sha${bits}`]
    const words = options.flatMap(option => ['-pkeyopt', option])
    const EncryptionAlgorithm = `RSAES_OAEP_SHA_${bits}` as const

    const blob = await openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', pem, '-in', saved(message), ...words)

    const opened = await kms.send(new DecryptCommand({ KeyId, EncryptionAlgorithm, CiphertextBlob: blob }))
    assert.deepEqual(Buffer.from(opened.Plaintext!), message)
    const own = await kms.send(new EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: message }))
    assert.equal(own.CiphertextBlob!.length, blob.length)
  })
}

const pairSpecs: readonly DataKeyPairSpec[] = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
]
for (const KeyPairSpec of pairSpecs) {
  test(`OpenSSL reads the private key of a data key pair of ${KeyPairSpec}, and finds it sound`, async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))

    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId: KeyMetadata!.KeyId!, KeyPairSpec }))

    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob! }))
    const privateKey = saved(Plaintext!)
    const read = ['pkey', '-inform', 'DER', '-in', privateKey]
    assert.deepEqual(await openssl(...read, '-pubout', '-outform', 'DER'), Buffer.from(pair.PublicKey!))
    assert.match((await openssl(...read, '-check', '-noout')).toString(), /Key is valid/)
  })
}
