// No answer without a record: the trail's folder is taken away under a running server (hardening.md, G61).
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateKeyCommand, EncryptCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { kms } = postern.clients(await postern.administrator())
const key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!
const folder = join(postern.dataDirectory, 'trail')
const encrypt = () => kms.send(new EncryptCommand({ KeyId: key.KeyId!, Plaintext: Buffer.from('a') }))
const health = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${postern.metricsPort}${path}`)

/** Asks until something holds, or fails after ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it did not come about')
    await delay(20)
  }
}

test('[G61] a trail whose file and folder are gone stops every request; service resumes by itself when they are back', async () => {
  const keysBefore = (await kms.send(new ListKeysCommand({}))).Keys!.length
  const aside = join(postern.folder, 'aside')
  renameSync(folder, aside)
  for (const name of readdirSync(aside).filter(each => each.endsWith('.log'))) rmSync(join(aside, name))

  await assert.rejects(
    encrypt(),
    (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode >= 500,
  )
  await refused(encrypt(), 'ServiceUnavailable', 'The audit trail cannot be written')
  await refused(kms.send(new CreateKeyCommand({})), 'ServiceUnavailable')
  const ready = await health('/ready')
  const [reason, metrics] = [await ready.text(), await (await health('/metrics')).text()]

  assert.equal(ready.status, 503)
  assert.match(reason, /trail cannot be written/)
  assert.match(metrics, /postern_trail_healthy 0/)
  mkdirSync(folder, { mode: 0o700 })
  await until(async () => (await health('/ready')).status === 200)
  await encrypt()
  assert.equal((await kms.send(new ListKeysCommand({}))).Keys!.length, keysBefore)
})

test('[G63] a server whose trail was thrown away with its head does not start, and verify says why', async () => {
  await postern.stop()
  const file = join(postern.dataDirectory, 'postern.db')
  const database = new DatabaseSync(file)
  const { value } = database.prepare("SELECT value FROM records WHERE collection = 'trail.head'").get()!
  database.exec("DELETE FROM records WHERE collection = 'trail.head'")
  renameSync(folder, `${folder}.aside`)

  const verified = await postern.postern('trail', 'verify', '--root-key', postern.rootKey)
  await assert.rejects(postern.start(), /The head of the trail is missing from the store/)

  rmSync(folder, { recursive: true, force: true })
  renameSync(`${folder}.aside`, folder)
  database.prepare("INSERT INTO records VALUES ('trail.head', 'head', 1, ?)").run(value!)
  database.close()
  assert.equal(verified.status, 1)
  assert.match(verified.error, /head of the log is missing/)
  await postern.start()
})

test('restore refuses a data directory that still has a trail, and begins anew where it was moved away', async () => {
  const backup = join(postern.folder, 'backup.db')
  await postern.postern('backup', backup)
  await postern.stop()
  const store = join(postern.dataDirectory, 'postern.db')
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${store}${suffix}`, { force: true })
  // As a restore that was killed leaves it.
  writeFileSync(`${store}.restoring`, 'half')

  const refusedRestore = await postern.postern('restore', backup)
  renameSync(folder, `${folder}.kept`)
  const restored = await postern.postern('restore', backup)
  await postern.start()
  await encryptAgain()
  const log = postern.log
  await postern.stop()
  const verified = await postern.postern('trail', 'verify', '--root-key', postern.rootKey)

  assert.equal(refusedRestore.status, 2)
  assert.match(refusedRestore.error, /holds a trail, which is not that of the backup: move it elsewhere and keep it/)
  assert.equal(restored.status, 0, restored.error)
  assert.match(log, /restored from a backup: a new trail begins/)
  assert.equal(verified.status, 0, verified.error)
})

async function encryptAgain(): Promise<void> {
  const clients = postern.clients(await postern.administrator())
  await clients.kms.send(new EncryptCommand({ KeyId: key.KeyId!, Plaintext: Buffer.from('a') }))
}
