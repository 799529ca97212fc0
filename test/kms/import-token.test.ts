import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { test } from 'node:test'
import { dayMillis } from '../../src/base/index.ts'
import { createKeyForImport, defaultKeyPolicy, newKeyName } from '../../src/keys/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import type { kms } from '../../src/wire/index.ts'
import { KeyRoom, account, region, start } from '../keys/key-room.ts'
import { performAsRoot } from './perform-as-root.ts'

const room = new KeyRoom(await openMemoryStore())
const name = newKeyName(account, region, room.random)
const kind = { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' } as const
const wanted = { account, region, description: '', policy: defaultKeyPolicy(account), tags: [], ...kind }
await room.store.commit({ writes: createKeyForImport(wanted, name, start).writes })

async function call<Output>(operation: string, input: object): Promise<Output> {
  return (await performAsRoot(room, operation, { KeyId: name.keyId, ...input })) as Output
}

test('[F57] a token opens material for 24 hours, and not a millisecond longer', async () => {
  const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const parameters = await call<kms.GetParametersForImportResponse>('GetParametersForImport', wrapping)
  const key = createPublicKey({ key: parameters.PublicKey!, format: 'der', type: 'spki' })
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const input = {
    ImportToken: parameters.ImportToken!,
    EncryptedKeyMaterial: publicEncrypt({ key, padding, oaepHash: 'sha256' }, Buffer.alloc(32, 1)),
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  }
  assert.equal(parameters.ParametersValidTo, start + dayMillis)

  room.now = start + dayMillis
  await assert.rejects(call('ImportKeyMaterial', input), { code: 'ExpiredImportTokenException' })
  room.now -= 1

  const { KeyMaterialId } = await call<kms.ImportKeyMaterialResponse>('ImportKeyMaterial', input)
  assert.match(KeyMaterialId!, /^[0-9a-f]{64}$/)
})
