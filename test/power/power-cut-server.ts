// Cuts the power of a whole server, at many moments: with either durability every answered change is there with its record, and with
// `synced` the record of every answered request; a finished backup is whole; the server starts from what is left. As a program it cuts
// the store first. Arguments: how many cuts of each, the seed.
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CreateKeyCommand, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'
import { keyCollection, openKeys } from '../../src/keys/index.ts'
import { openKeyRing, readRootKeyFile } from '../../src/seal/index.ts'
import { dataFiles, readSealedRing } from '../../src/server/index.ts'
import { openSqliteStore, restoreBackup } from '../../src/storage/index.ts'
import { openTrail, verifyTrail } from '../../src/trail/index.ts'
import type { TrailDurability } from '../../src/trail/index.ts'
import { Postern, freePorts } from '../start-postern.ts'
import { chanceOf, cutOften, cutStore } from './power-cut.ts'
import { DiskLog } from './disk-log.ts'
import { RecordingDisk } from './recording-disk.ts'

/** Something that was answered, and how long the log of the disk was then. */
interface Answer {
  readonly at: number
  readonly requestId: string
  /** Of a key that was made. */
  readonly keyId?: string
}

interface Answers {
  readonly requests: Answer[]
  /** How long the log was when the backup was finished. */
  backupAt: number
}

async function load(kms: KMSClient, turns: number, disk: RecordingDisk, answers: Answers): Promise<void> {
  let keyId: string | undefined
  for (let turn = 0; turn < turns; turn++) {
    if (keyId === undefined || turn % 3 === 0) {
      const { KeyMetadata, $metadata } = await kms.send(new CreateKeyCommand({ Description: 'power' }))
      keyId = KeyMetadata!.KeyId!
      answers.requests.push({ at: statSync(disk.log).size, requestId: $metadata.requestId!, keyId })
    } else {
      const { $metadata } = await kms.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('power') }))
      answers.requests.push({ at: statSync(disk.log).size, requestId: $metadata.requestId! })
    }
  }
}

/** All that a cut at this moment must have left. */
async function checkServer(
  folder: string,
  at: number,
  durability: TrailDurability,
  { requests, backupAt }: Answers,
): Promise<void> {
  const [data, trail] = [join(folder, 'data'), join(folder, 'data', 'trail')]
  await using store = await openSqliteStore(dataFiles.store(data))
  const ring = await readSealedRing(store)
  const keyRing = openKeyRing(readRootKeyFile(join(folder, 'root.key')), ring!.value)
  const opened = await openTrail({ directory: trail, store, keyRing, durability, clock: { now: () => 0 } })
  await opened[Symbol.asyncDispose]()
  assert.equal((await verifyTrail({ directory: trail, keyRing, store })).fault, undefined)
  const text = readdirSync(trail)
    .filter(name => name.endsWith('.log'))
    .map(name => readFileSync(join(trail, name), 'utf8'))
    .join('')
  const recorded = [...text.matchAll(/"requestID":"([^"]+)"/g)].map(match => match[1]!)
  const once = new Set(recorded)
  assert.equal(once.size, recorded.length, 'no request is recorded twice')
  const keys = openKeys({ store, keyRing })
  const made = new Map((await store.list(keyCollection)).map(({ value }) => [value.keyId, value]))
  for (const { requestId, keyId } of requests.filter(answer => answer.at <= at)) {
    if (durability === 'synced' || keyId !== undefined) assert.ok(once.has(requestId), `${requestId} is recorded`)
    if (keyId !== undefined) assert.ok(await keys.secretMaterial(made.get(keyId)!), `${keyId} is there`)
  }
  for (const keyId of made.keys()) assert.ok(text.includes(keyId), `key ${keyId} has its record`)
  if (backupAt <= at) await restoreBackup(join(folder, 'backup'), join(folder, 'restored.db'))
  assert.equal(existsSync(join(folder, 'restored.db')), backupAt <= at)
}

/** A server under the load of clients, cut off often. */
export async function cutServer(
  seed: number,
  durability: TrailDurability,
  options: { readonly turns: number; readonly cuts: number },
): Promise<void> {
  using disk = new RecordingDisk()
  const variables: Record<string, string> = {}
  const words = ['--log-level', 'warn', '--trail-durability', durability]
  await using postern = new Postern({ words, variables }, await freePorts())
  Object.assign(variables, disk.variables(postern.folder))
  const answers: Answers = { requests: [], backupAt: Infinity }
  for (let start = 0; start < 2; start++) {
    await postern.start()
    const { kms } = postern.clients(await postern.administrator())
    await Promise.all(Array.from({ length: 4 }, () => load(kms, options.turns, disk, answers)))
    if (start === 0) {
      const { status, error } = await postern.postern('backup', join(postern.folder, 'backup'))
      assert.equal(status, 0, error)
      answers.backupAt = statSync(disk.log).size
    }
    await postern.stop('SIGKILL')
  }
  const firstAt = Math.min(...answers.requests.map(({ at }) => at))
  await cutOften(
    disk,
    (folder, log) => checkServer(folder, log.position, durability, answers),
    { cuts: options.cuts, survivals: ['none', 'first', 'all'], chance: chanceOf(seed) },
    log => log.position >= firstAt,
  )
  for (const name of Object.keys(variables)) delete variables[name]
  await startFromWhatIsLeft(postern, disk, answers)
}

async function startFromWhatIsLeft(postern: Postern, disk: RecordingDisk, answers: Answers): Promise<void> {
  const log = new DiskLog(readFileSync(disk.log))
  while (log.next());
  const left = disk.newFolder()
  log.cut(left, 'none', () => 0)
  for (const name of readdirSync(postern.folder)) rmSync(join(postern.folder, name), { recursive: true })
  cpSync(left, postern.folder, { recursive: true })
  await postern.start()
  const { kms } = postern.clients(await postern.administrator())
  const { keyId } = answers.requests.findLast(answer => answer.keyId !== undefined)!
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: keyId!, Plaintext: Buffer.from('power') }))
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: CiphertextBlob! }))
  assert.equal(Buffer.from(Plaintext!).toString(), 'power')
}

if (import.meta.main) {
  const [cuts = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
  process.stderr.write(`seed ${seed}\n`)
  await cutStore(Number(seed), { lines: 400, cuts: Number(cuts) })
  process.stderr.write(`store and trail: ${cuts} cuts with each durability, four survivals of each\n`)
  for (const durability of ['written', 'synced'] as const) {
    await cutServer(Number(seed), durability, { turns: 30, cuts: Math.ceil(Number(cuts) / 4) })
    process.stderr.write(`server, ${durability}: nothing promised was lost and nothing was half there\n`)
  }
}
