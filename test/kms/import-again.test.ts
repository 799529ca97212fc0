// Material that is imported again takes the place of what was there, in the files too.
import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Authorizer } from '../../src/authorization/index.ts'
import { accountRootArn } from '../../src/base/index.ts'
import { createKeyForImport, defaultKeyPolicy, newKeyName } from '../../src/keys/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { noPrincipals } from '../no-principals.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-import-again-'))
after(() => rmSync(folder, { recursive: true }))

/** Performs an operation by the account's root: its answer, once what it changes is stored. */
async function perform(room: KeyRoom, name: string, input: object): Promise<unknown> {
  const { keys, random, now, work } = room
  const authorizer: Authorizer = { authorize: () => assert.fail('not asked here') }
  const clock = { now: () => now }
  const needs = { keys, random, work, authorizer, principals: noPrincipals, attestationRoots: [], clock }
  const arn = accountRootArn(account)
  const caller = { kind: 'root', account, arn, userId: account, accessKeyId: '', tags: {}, issuedAt: now } as const
  const path = { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true } as const
  const scope = { requestId: 'request', region, caller, path, now }
  const prepared = await kmsService.operations.get(name)!.prepare(input, scope, needs)
  const { output, commit } = await prepared.run()
  if (commit !== undefined) await room.store.commit(commit)
  return output
}

async function importInto(room: KeyRoom, KeyId: string, material: Buffer): Promise<string> {
  const asked = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const parameters = await perform(room, 'GetParametersForImport', asked)
  const { PublicKey, ImportToken } = parameters as { readonly PublicKey: Buffer; readonly ImportToken: Buffer }
  const key = createPublicKey({ key: PublicKey, format: 'der', type: 'spki' })
  const EncryptedKeyMaterial = publicEncrypt(
    { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    material,
  )
  const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE'
  await perform(room, 'ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel })
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
