// A selection of Wycheproof's tests through the API: their keys imported as people import keys, each test sent by the AWS SDK.
import assert from 'node:assert/strict'
import { constants, createHash, createPrivateKey, createPublicKey, publicEncrypt } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import type { CreateKeyCommandInput, VerifyCommandInput } from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { readWycheproof, scalarJwk } from '../vectors/read-wycheproof.ts'
import { wrapByOpenssl } from '../wrap-material.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())

const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex')

async function newKey(input: CreateKeyCommandInput): Promise<string> {
  return (await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...input }))).KeyMetadata!.KeyId!
}

/** Imports what is wrapped by somebody, given the public key to wrap it under. */
async function importInto(KeyId: string, wrap: (publicKey: Uint8Array) => Uint8Array): Promise<void> {
  const wrapping = { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const { PublicKey, ImportToken } = await kms.send(new GetParametersForImportCommand({ KeyId, ...wrapping }))
  await kms.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: wrap(PublicKey!),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    }),
  )
}

async function importedKey(input: CreateKeyCommandInput, material: Buffer): Promise<string> {
  const KeyId = await newKey(input)
  await importInto(KeyId, publicKey => wrapByOpenssl(publicKey, 'RSA_AES_KEY_WRAP_SHA_256', material))
  return KeyId
}

const oaep = readWycheproof('rsa-oaep')

test("[F49] Decrypt judges Wycheproof's ciphertexts of RSAES-OAEP, and tells no wrong one from another", async () => {
  const KeyId = await importedKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }, fromHex(oaep.privateKey))
  const texts = new Set<string>()

  for (const { id, message, ciphertext, result } of oaep.tests) {
    // The model has no empty ciphertext.
    if (ciphertext === '') continue
    const request = new DecryptCommand({
      KeyId,
      CiphertextBlob: fromHex(ciphertext),
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    })
    if (result === 'valid') {
      const { Plaintext } = await kms.send(request)
      assert.equal(Buffer.from(Plaintext!).toString('hex'), message, `test ${id}`)
    } else {
      await assert.rejects(kms.send(request), (error: Error) => {
        assert.equal(error.name, 'InvalidCiphertextException', `test ${id}`)
        texts.add(error.message)
        return true
      })
    }
  }

  assert.equal(texts.size, 1)
})

test("[F49] Verify judges Wycheproof's signatures of RSASSA-PSS, of messages and of digests", async () => {
  const KeyId = await importedKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, fromHex(oaep.privateKey))

  for (const { id, message, signature, result } of readWycheproof('rsa-pss').tests) {
    // The model has no empty signature.
    if (signature === '') continue
    const Message = fromHex(message)
    const digest = createHash('sha256').update(Message).digest()
    for (const signed of [
      { Message, MessageType: 'RAW' },
      { Message: digest, MessageType: 'DIGEST' },
    ] as const) {
      const input: VerifyCommandInput = {
        KeyId,
        SigningAlgorithm: 'RSASSA_PSS_SHA_256',
        Signature: fromHex(signature),
        ...signed,
      }
      const verified = kms.send(new VerifyCommand(input))
      if (result === 'valid') assert.equal((await verified).SignatureValid, true, `test ${id}`)
      else await refused(verified, 'KMSInvalidSignatureException')
    }
  }
})

test("[F49] DeriveSharedSecret gives the shared secrets of Wycheproof's ECDH", async () => {
  const keyIds = new Map<string, string>()

  for (const { id, peer, scalar, sharedSecret } of readWycheproof('ecdh-p256').tests) {
    const material = createPrivateKey({ key: scalarJwk(scalar), format: 'jwk' })
    const pkcs8 = material.export({ format: 'der', type: 'pkcs8' })
    const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const
    const KeyId = keyIds.get(scalar) ?? (await importedKey(spec, pkcs8))
    keyIds.set(scalar, KeyId)

    const { SharedSecret } = await kms.send(
      new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: fromHex(peer) }),
    )

    assert.equal(Buffer.from(SharedSecret!).toString('hex'), sharedSecret, `test ${id}`)
  }
})

/** What Wycheproof has wrapped by AES, behind its AES key as RSA_AES_KEY_WRAP_SHA_256 has it. */
const wrapAs =
  ({ key, wrapped }: { readonly key: string; readonly wrapped: string }) =>
  (publicKeyDer: Uint8Array): Buffer => {
    const publicKey = createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' })
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    return Buffer.concat([
      publicEncrypt({ key: publicKey, padding, oaepHash: 'sha256' }, fromHex(key)),
      fromHex(wrapped),
    ])
  }

test("[F49] ImportKeyMaterial takes the 32 bytes that Wycheproof's AES key wrap holds, and nothing else of it", async () => {
  for (const each of readWycheproof('aes-kwp').tests) {
    const KeyId = await newKey({})
    const imported = importInto(KeyId, wrapAs(each))

    const isTaken = each.result === 'valid' && each.message.length === 64
    if (isTaken) await imported
    else
      await refused(imported, each.result === 'valid' ? 'IncorrectKeyMaterialException' : 'InvalidCiphertextException')

    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
    assert.equal(KeyMetadata!.KeyState, isTaken ? 'Enabled' : 'PendingImport', `test ${each.id}`)
  }
})
