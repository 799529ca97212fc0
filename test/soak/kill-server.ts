// Kills a whole server under load, again and again: every answered request is in the trail once, every answered change is there
// with its record, and the server starts again. Arguments: how many kills, the seed.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateKeyCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { seededRandom } from '../../src/base/index.ts'
import { Postern, freePorts } from '../start-postern.ts'

interface Answered {
  readonly requestIds: string[]
  readonly keyIds: string[]
  readonly blobs: Uint8Array[]
}

/** Sends requests one after the other until the server is gone. */
async function load(kms: KMSClient, keyId: string, answered: Answered): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      if (turn % 4 === 0) {
        const { KeyMetadata, $metadata } = await kms.send(new CreateKeyCommand({ Description: 'soak' }))
        answered.keyIds.push(KeyMetadata!.KeyId!)
        answered.requestIds.push($metadata.requestId!)
      } else {
        const { CiphertextBlob, $metadata } = await kms.send(
          new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('soak') }),
        )
        answered.blobs.push(CiphertextBlob!)
        answered.requestIds.push($metadata.requestId!)
      }
    } catch {
      // The server was killed: what was not answered may have happened or not.
      return
    }
  }
}

function recordedRequests(postern: Postern): readonly string[] {
  const folder = join(postern.dataDirectory, 'trail')
  return readdirSync(folder)
    .filter(name => name.endsWith('.log'))
    .flatMap(name => [...readFileSync(join(folder, name), 'utf8').matchAll(/"requestID":"([^"]+)"/g)])
    .map(match => match[1]!)
}

export async function killServer(kills: number, seed: number): Promise<void> {
  const bytes = seededRandom(seed)
  await using postern = new Postern({ words: ['--log-level', 'warn'] }, await freePorts())
  const answered: Answered = { requestIds: [], keyIds: [], blobs: [] }
  await postern.start()
  const first = postern.clients(await postern.administrator())
  const keyId = (await first.kms.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!
  for (let kill = 1; kill <= kills; kill++) {
    const { kms } = postern.clients(await postern.administrator())
    const before = answered.requestIds.length
    const loads = Array.from({ length: 4 }, () => load(kms, keyId, answered))
    while (answered.requestIds.length === before) await delay(1)
    await delay(bytes(1)[0]! % 150)
    await postern.stop('SIGKILL')
    await Promise.all(loads)
    await postern.start()
    await check(postern, answered)
    process.stderr.write(`kill ${kill} of ${kills}: ${answered.requestIds.length - before} answers before it\n`)
  }
  await postern.stop()
  const verified = await postern.postern('trail', 'verify', '--root-key', postern.rootKey)
  assert.equal(verified.status, 0, verified.error)
  await postern.start()
}

async function check(postern: Postern, answered: Answered): Promise<void> {
  const recorded = recordedRequests(postern)
  const once = new Set(recorded)
  assert.equal(once.size, recorded.length, 'no request is recorded twice')
  for (const id of answered.requestIds) assert.ok(once.has(id), `request ${id} is recorded`)
  const { kms } = postern.clients(await postern.administrator())
  for (const KeyId of answered.keyIds.slice(-20)) await kms.send(new DescribeKeyCommand({ KeyId }))
  for (const CiphertextBlob of answered.blobs.slice(-20)) await kms.send(new DecryptCommand({ CiphertextBlob }))
}

if (import.meta.main) {
  const [kills = '50', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
  process.stderr.write(`seed ${seed}\n`)
  await killServer(Number(kills), Number(seed))
  process.stderr.write(`${kills} kills, every answered request is in the trail and every answered change is there\n`)
}
