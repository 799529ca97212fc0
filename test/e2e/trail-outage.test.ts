// No answer without a record: the trail's folder is taken away under a running server (hardening.md, G61).
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
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
