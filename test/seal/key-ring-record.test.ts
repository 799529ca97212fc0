import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError, SecretBytes, systemRandom } from '../../src/base/index.ts'
import { createRootKeyFile, readRootKeyFile, resealKeyRing } from '../../src/seal/index.ts'
import type { KeyRing } from '../../src/seal/index.ts'
import { openKeyRingOf, readSealedRing, replaceSealedRing } from '../../src/server/index.ts'
import { openMemoryStore, openSqliteStore, restoreBackup } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-ring-'))
after(() => rmSync(folder, { recursive: true }))

let names = 0
const newPath = (): string => join(folder, `${++names}`)
const place = ['test']

interface OpenedRing {
  readonly keyRing: KeyRing
  readonly created: boolean
}

const openWithFile = (store: Store, path: string): Promise<OpenedRing> =>
  openKeyRingOf(store, { rootKey: { kind: 'file', path }, dataDirectory: folder }, undefined)

const openWithPassphrase = (store: Store, passphrase: string): Promise<OpenedRing> =>
  openKeyRingOf(
    store,
    { rootKey: { kind: 'passphrase-environment' }, dataDirectory: folder },
    new SecretBytes(Buffer.from(passphrase)),
  )

const isOneLine =
  (text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, text)
    assert.ok(!error.message.includes('\n'))
    return true
  }

test('openKeyRingOf() makes root key and ring at the first start, and finds them at the next', async () => {
  const [store, path] = [await openMemoryStore(), newPath()]

  const first = await openWithFile(store, path)
  const next = await openWithFile(store, path)

  const wrapped = first.keyRing.wrap(new SecretBytes(Buffer.from('secret')), place)
  assert.deepEqual([first.created, next.created], [true, false])
  assert.equal(next.keyRing.unwrap(wrapped, place).exposeBytes().toString(), 'secret')
})

test('openKeyRingOf() uses a root key that is there already, and leaves its file as it is', async () => {
  const path = newPath()
  const { id } = createRootKeyFile(path, systemRandom)
  const store = await openMemoryStore()

  await openWithFile(store, path)

  assert.equal(readRootKeyFile(path).id, id)
  assert.equal((await readSealedRing(store))?.value.rootKeyId, id)
})

test('openKeyRingOf() makes no new root key for a store that has a ring', async () => {
  const [store, missing] = [await openMemoryStore(), newPath()]
  await openWithFile(store, newPath())

  await assert.rejects(openWithFile(store, missing), isOneLine(/put it back, or name its place with --root-key$/))

  assert.throws(() => readFileSync(missing), /ENOENT/)
})

test('openKeyRingOf() refuses another root key in one line, and touches nothing', async () => {
  const [store, other] = [await openMemoryStore(), newPath()]
  await openWithFile(store, newPath())
  createRootKeyFile(other, systemRandom)
  const before = [store.commitCount(), await readSealedRing(store)]

  await assert.rejects(openWithFile(store, other), isOneLine(/^This is not the root key of the data directory/))

  assert.deepEqual([store.commitCount(), await readSealedRing(store)], before)
})

test('[J80] a backup that is restored under another root key refuses, and with its own opens everything', async () => {
  const [path, rootKey, other, backup, restored] = [newPath(), newPath(), newPath(), newPath(), newPath()]
  createRootKeyFile(other, systemRandom)
  let wrapped = ''
  {
    await using store = await openSqliteStore(path)
    const { keyRing } = await openWithFile(store, rootKey)
    wrapped = keyRing.wrap(new SecretBytes(Buffer.from('secret')), place)
    await store.backup(backup)
  }
  await restoreBackup(backup, restored)
  await using store = await openSqliteStore(restored)

  await assert.rejects(openWithFile(store, other), isOneLine(/^This is not the root key of the data directory/))
  const { keyRing, created } = await openWithFile(store, rootKey)

  assert.equal(created, false)
  assert.equal(keyRing.unwrap(wrapped, place).exposeBytes().toString(), 'secret')
})

test('openKeyRingOf() opens a ring of a passphrase with it, and with no other passphrase', async () => {
  const store = await openMemoryStore()

  const first = await openWithPassphrase(store, 'correct horse')

  const wrapped = first.keyRing.wrap(new SecretBytes(Buffer.from('secret')), place)
  const next = await openWithPassphrase(store, 'correct horse')
  assert.equal(next.keyRing.unwrap(wrapped, place).exposeBytes().toString(), 'secret')
  await assert.rejects(openWithPassphrase(store, 'Correct horse'), isOneLine(/^This is not the passphrase/))
  await assert.rejects(openWithPassphrase(store, ''), isOneLine(/^The passphrase is empty/))
})

test('openKeyRingOf() says which kind of root key a store wants', async () => {
  const [withFile, withPassphrase] = [await openMemoryStore(), await openMemoryStore()]
  const path = newPath()
  await openWithFile(withFile, path)
  await openWithPassphrase(withPassphrase, 'correct horse')

  await assert.rejects(openWithPassphrase(withFile, 'correct horse'), isOneLine(/is a file: name it with --root-key/))
  await assert.rejects(openWithFile(withPassphrase, path), isOneLine(/comes from a passphrase: give it with/))
})

test('replaceSealedRing() leaves nothing of the old sealing in the files', async () => {
  const [path, rootKey, next] = [newPath(), newPath(), newPath()]
  await using store = await openSqliteStore(path)
  await openWithFile(store, rootKey)
  const record = (await readSealedRing(store))!
  const { wrappingKeys, ringSecret } = record.value
  const holds = (text: string): boolean =>
    readdirSync(folder).some(
      name => join(folder, name).startsWith(path) && readFileSync(join(folder, name)).includes(text),
    )
  assert.ok([...wrappingKeys, ringSecret].every(holds))

  const root = createRootKeyFile(next, systemRandom)
  const sealed = resealKeyRing(readRootKeyFile(rootKey), root, record.value, systemRandom)
  await replaceSealedRing(store, record, sealed, 'its record')

  assert.deepEqual(
    (await store.readOutbox(1)).map(entry => entry.record),
    ['its record'],
  )
  assert.deepEqual([...wrappingKeys, ringSecret].filter(holds), [])
  assert.equal((await openWithFile(store, next)).created, false)
  await assert.rejects(openWithFile(store, rootKey), isOneLine(/^This is not the root key/))
})
