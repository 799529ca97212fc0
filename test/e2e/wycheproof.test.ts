// A sample of Wycheproof through the API, by the AWS SDK: the answers and errors that AWS has for it.
import assert from 'node:assert/strict'
import { constants, createHash, publicEncrypt, createPublicKey } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import type { MacAlgorithmSpec } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { SecretBytes } from '../../src/base/index.ts'
import { signingAlgorithms } from '../../src/crypto/index.ts'
import type { KeySpec } from '../../src/crypto/index.ts'
import { plantKeys } from '../plant-keys.ts'
import type { PlantedKey } from '../plant-keys.ts'
import { startPostern } from '../start-postern.ts'
import { fromHex, nameOf, readWycheproofFile, wycheproofFiles } from '../vectors/read-wycheproof-files.ts'
import type { WycheproofCase } from '../vectors/read-wycheproof-files.ts'
import { expectedAnswer } from '../vectors/wycheproof-differences.ts'
import { curveKey, curveOf, hmacSpecOf, signingOf, verifyingKey } from '../vectors/wycheproof-keys.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const account = (await postern.clients(administrator).sts.send(new GetCallerIdentityCommand({}))).Account!

/** Every tenth case of a file, and the first of each kind. */
function sampleOf(file: string): readonly WycheproofCase[] {
  const kinds = new Set<string>()
  return readWycheproofFile(file).filter((given, index) => {
    const [answer, difference] = expectedAnswer(given)
    const kind = `${given.test.result} ${given.test.flags.join()} ${answer} ${difference?.name}`
    const isFirst = !kinds.has(kind)
    kinds.add(kind)
    return isFirst || index % 10 === 0
  })
}

/** The key of a case of that file, or nothing where an import refuses it and the service has no such key. */
function keyOf(given: WycheproofCase): PlantedKey | undefined {
  const { file, group, test: subject } = given
  if (file.startsWith('hmac')) {
    if (expectedAnswer(given)[1]?.name === 'HMAC with a short key') return undefined
    const material = new SecretBytes(fromHex(subject.key))
    return { keySpec: hmacSpecOf(given), keyUsage: 'GENERATE_VERIFY_MAC', material }
  }
  if (file.startsWith('ecdh')) {
    const keySpec = curveOf(file)
    return { keySpec, keyUsage: 'KEY_AGREEMENT', material: new SecretBytes(curveKey(keySpec, subject.private)) }
  }
  if (file.startsWith('rsa_oaep')) {
    const keySpec = `RSA_${group.keysize}` as KeySpec
    return { keySpec, keyUsage: 'ENCRYPT_DECRYPT', material: new SecretBytes(fromHex(group.privateKeyPkcs8)) }
  }
  return { keySpec: signingOf(given)[0], keyUsage: 'SIGN_VERIFY', material: verifyingKey(given) }
}

const cases = wycheproofFiles.filter(file => file !== 'kwp').flatMap(sampleOf)
const wanted = new Map<string, PlantedKey>()
const keyNames = cases.map(given => {
  const key = keyOf(given)
  if (key === undefined) return undefined
  const name = `${key.keySpec} ${key.keyUsage} ${key.material.exposeBytes().toString('hex')}`
  if (!wanted.has(name)) wanted.set(name, key)
  return name
})
const keyIds = await plantKeys(postern, account, [...wanted.values()])
const idByName = new Map([...wanted.keys()].map((name, index) => [name, keyIds[index]!]))
const { kms } = postern.clients(administrator)

/** What an answer was: `ok` with the secret where there is one, or the error's name. */
async function outcomeOf(call: Promise<Uint8Array | undefined>): Promise<string> {
  return call.then(
    secret => `ok${secret === undefined ? '' : ` ${Buffer.from(secret).toString('hex')}`}`,
    (error: unknown) => (error as Error).name,
  )
}

async function verifyOf(KeyId: string, given: WycheproofCase): Promise<undefined> {
  const [, SigningAlgorithm] = signingOf(given)
  const { hash, forms } = signingAlgorithms[SigningAlgorithm]
  const message = fromHex(given.test.msg)
  const isDigest = forms.DIGEST !== undefined && (message.length === 0 || message.length > 4_096)
  const subject = isDigest
    ? ({ Message: createHash(hash).update(message).digest(), MessageType: 'DIGEST' } as const)
    : { Message: message }
  const answer = await kms.send(
    new VerifyCommand({ KeyId, SigningAlgorithm, Signature: fromHex(given.test.sig), ...subject }),
  )
  assert.equal(answer.SignatureValid, true)
}

async function verifyMacOf(KeyId: string, { file, test: { msg, tag } }: WycheproofCase): Promise<undefined> {
  const MacAlgorithm = `HMAC_SHA_${file.slice(-3)}` as MacAlgorithmSpec
  const answer = await kms.send(new VerifyMacCommand({ KeyId, MacAlgorithm, Message: fromHex(msg), Mac: fromHex(tag) }))
  assert.equal(answer.MacValid, true)
}

async function decryptOf(KeyId: string, { group, test: { ct } }: WycheproofCase): Promise<Uint8Array> {
  const EncryptionAlgorithm = group.sha === 'SHA-1' ? 'RSAES_OAEP_SHA_1' : 'RSAES_OAEP_SHA_256'
  return (await kms.send(new DecryptCommand({ KeyId, EncryptionAlgorithm, CiphertextBlob: fromHex(ct) }))).Plaintext!
}

async function agreeOf(KeyId: string, { test: { public: peer } }: WycheproofCase): Promise<Uint8Array> {
  const input = { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: fromHex(peer) } as const
  return (await kms.send(new DeriveSharedSecretCommand(input))).SharedSecret!
}

/** How a file's cases are asked, and what the outcome of a right and of a wrong one is. */
function askingOf({ file, test: { msg, sig, ct, shared } }: WycheproofCase) {
  const invalid = 'ValidationException'
  if (file.startsWith('hmac'))
    return {
      ask: verifyMacOf,
      right: msg === '' ? invalid : 'ok',
      wrong: msg === '' ? invalid : 'KMSInvalidMacException',
    }
  if (file.startsWith('ecdh')) return { ask: agreeOf, right: `ok ${shared}`, wrong: invalid }
  if (file.startsWith('rsa_oaep'))
    return { ask: decryptOf, right: `ok ${msg}`, wrong: ct === '' ? invalid : 'InvalidCiphertextException' }
  // AWS's parameters are one byte or more; Ed25519 has no digest to give in place of an empty message.
  const isEmpty = sig === '' || (file === 'eddsa' && msg === '')
  return { ask: verifyOf, right: 'ok', wrong: isEmpty ? invalid : 'KMSInvalidSignatureException' }
}

for (const file of wycheproofFiles.filter(name => name !== 'kwp')) {
  test(`[F49] the API answers a sample of Wycheproof's ${file} as AWS would`, async () => {
    for (const [index, given] of cases.entries()) {
      const name = keyNames[index]
      if (given.file !== file || name === undefined) continue
      const { ask, right, wrong } = askingOf(given)

      const outcome = await outcomeOf(ask(idByName.get(name)!, given))

      assert.equal(outcome, expectedAnswer(given)[0] === 'accepted' ? right : wrong, nameOf(given))
    }
  })
}

test("[F49] ImportKeyMaterial answers Wycheproof's kwp as AWS would", async () => {
  const KeyId = (await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }))).KeyMetadata!.KeyId!
  const wrapping = { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const { PublicKey, ImportToken } = await kms.send(new GetParametersForImportCommand({ KeyId, ...wrapping }))
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

  let hasMaterial = false

  for (const given of readWycheproofFile('kwp')) {
    const { key, ct, msg } = given.test
    const EncryptedKeyMaterial = Buffer.concat([publicEncrypt(oaep, fromHex(key)), fromHex(ct)])
    const input = { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const
    const outcome: string = await outcomeOf(kms.send(new ImportKeyMaterialCommand(input)).then(() => undefined))

    // The first of 32 bytes becomes the key's material. What else is unwrapped is then of another length, or another material.
    const isRight = expectedAnswer(given)[0] === 'accepted'
    const isFirst: boolean = isRight && !hasMaterial && fromHex(msg).length === 32
    hasMaterial ||= isFirst
    const unwrapped: string = isFirst ? 'ok' : 'IncorrectKeyMaterialException'
    assert.equal(outcome, isRight ? unwrapped : 'InvalidCiphertextException', nameOf(given))
  }
  assert.ok(hasMaterial)
})
