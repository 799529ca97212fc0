// Material that is imported again takes the place of what was there, in the files too.
import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createKeyForImport, defaultKeyPolicy, newKeyName } from '../../src/keys/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { performAsRoot } from './perform-as-root.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-import-again-'))
after(() => rmSync(folder, { recursive: true }))

async function importInto(room: KeyRoom, KeyId: string, material: Buffer): Promise<string> {
  const asked = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const parameters = await performAsRoot(room, 'GetParametersForImport', asked)
  const { PublicKey, ImportToken } = parameters as { readonly PublicKey: Buffer; readonly ImportToken: Buffer }
  const key = createPublicKey({ key: PublicKey, format: 'der', type: 'spki' })
  const EncryptedKeyMaterial = publicEncrypt(
    { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    material,
  )
  const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE'
  await performAsRoot(room, 'ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel })
  const [stored] = await room.keys.materialsOf((await room.find(KeyId))!.key)
  return stored!.value.wrapped!
}

test('ImportKeyMaterial of material that is there leaves nothing in the files of how it was wrapped before', async () => {
  await using store = await openSqliteStore(join(folder, 'again.db'))
  const room = new KeyRoom(store)
  const name = newKeyName(account, region, room.random)
  const wanted = {
    account,
    region,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    policy: defaultKeyPolicy(account),
    tags: [],
  } as const
  await store.commit({ writes: createKeyForImport(wanted, name, room.now).writes })
  const material = randomBytes(32)
  const filesHold = (text: string): boolean =>
    readdirSync(folder).some(file => readFileSync(join(folder, file)).includes(text))

  const before = await importInto(room, name.keyId, material)
  const heldBefore = filesHold(before)
  const now = await importInto(room, name.keyId, material)

  assert.notEqual(now, before)
  assert.deepEqual([heldBefore, filesHold(before), filesHold(now)], [true, false, true])
})
