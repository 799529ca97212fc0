// Keys with imported material: wrapped with OpenSSL's command line, imported, used, rotated, expired and deleted by the AWS SDK.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import type {
  CreateKeyCommandInput,
  ImportKeyMaterialCommandInput,
  ImportKeyMaterialCommandOutput,
  KeyMetadata,
} from '@aws-sdk/client-kms'
import { startPostern, trailText } from '../start-postern.ts'
import { wrapByOpenssl } from '../wrap-material.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())

const Plaintext = Buffer.from('text')

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  return (await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...input }))).KeyMetadata!.KeyId!
}

async function describe(KeyId: string): Promise<KeyMetadata> {
  return (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!
}

interface Wrapping {
  readonly algorithm?: string
  readonly spec?: string
}

/** What a wrapped import needs. */
async function wrap(KeyId: string, material: Uint8Array, { algorithm, spec }: Wrapping = {}) {
  const WrappingAlgorithm = (algorithm ?? 'RSAES_OAEP_SHA_256') as 'RSAES_OAEP_SHA_256'
  const WrappingKeySpec = (spec ?? 'RSA_2048') as 'RSA_2048'
  const parameters = await kms.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec }))
  const EncryptedKeyMaterial = wrapByOpenssl(parameters.PublicKey!, WrappingAlgorithm, material)
  return { KeyId, ImportToken: parameters.ImportToken!, EncryptedKeyMaterial }
}

type Choice = Partial<ImportKeyMaterialCommandInput>

async function importInto(
  KeyId: string,
  material: Uint8Array,
  choice: Choice & Wrapping = {},
): Promise<ImportKeyMaterialCommandOutput> {
  const { algorithm, spec, ...input } = choice
  const wrapped = await wrap(KeyId, material, {
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(spec === undefined ? {} : { spec }),
  })
  const forEver = input.ValidTo === undefined ? ({ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const) : {}
  return kms.send(new ImportKeyMaterialCommand({ ...wrapped, ...forEver, ...input }))
}

const encrypt = (KeyId: string) => kms.send(new EncryptCommand({ KeyId, Plaintext }))
const decrypt = (CiphertextBlob: Uint8Array) => kms.send(new DecryptCommand({ CiphertextBlob }))
const newMaterial = 'NEW_KEY_MATERIAL'

test('CreateKey with origin EXTERNAL makes a key that waits for its material', async () => {
  const metadata = await describe(await newKey())

  assert.equal(metadata.KeyState, 'PendingImport')
  assert.equal(metadata.Enabled, false)
  assert.equal(metadata.Origin, 'EXTERNAL')
  for (const absent of ['CurrentKeyMaterialId', 'ExpirationModel', 'ValidTo'] as const)
    assert.equal(metadata[absent], undefined, absent)
})

for (const spec of ['RSA_2048', 'RSA_3072', 'RSA_4096']) {
  for (const algorithm of [
    'RSAES_OAEP_SHA_1',
    'RSAES_OAEP_SHA_256',
    'RSA_AES_KEY_WRAP_SHA_1',
    'RSA_AES_KEY_WRAP_SHA_256',
  ]) {
    test(`ImportKeyMaterial takes what OpenSSL wrapped by ${algorithm} under ${spec}`, async () => {
      const key = await newKey()

      const { KeyMaterialId } = await importInto(key, randomBytes(32), { algorithm, spec })

      const metadata = await describe(key)
      assert.equal(metadata.KeyState, 'Enabled')
      assert.equal(metadata.CurrentKeyMaterialId, KeyMaterialId)
      assert.equal(metadata.ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE')
      const opened = await decrypt((await encrypt(key)).CiphertextBlob!)
      assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
      assert.equal(opened.KeyMaterialId, KeyMaterialId)
    })
  }
}
void [generateKeyPairSync, readFileSync, readdirSync, join, delay, trailText, refused, newMaterial]
void [DeleteImportedKeyMaterialCommand, ListKeyRotationsCommand, RotateKeyOnDemandCommand]
