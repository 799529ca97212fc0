// Kills `postern seal rotate` again and again at random moments: one of the two root keys opens the data directory, and never none.
// Arguments: how many kills, the seed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateKeyCommand, EncryptCommand, DecryptCommand } from '@aws-sdk/client-kms'
import { ConfigError, seededRandom } from '../../src/base/index.ts'
import { openKeyRing, readRootKeyFile } from '../../src/seal/index.ts'
import { dataFiles, readSealedRing } from '../../src/server/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import { Postern, cleanVariables, freePorts, program } from '../start-postern.ts'

/** Starts the rotation and kills it; gives whether it had ended by then. */
async function rotateAndKill(postern: Postern, newKey: string, millis: number): Promise<boolean> {
  const { dataDirectory, rootKey } = postern
  const words = ['seal', 'rotate', '--data-dir', dataDirectory, '--root-key', rootKey, '--new-root-key', newKey]
  const child = spawn(process.execPath, [program, ...words], { env: cleanVariables(), stdio: 'ignore' })
  const ended = new Promise<NodeJS.Signals | null>(resolve => child.once('close', (_code, signal) => resolve(signal)))
  // The moments that matter are those from the new key's file on.
  while (!existsSync(newKey) && child.exitCode === null) await delay(0.5)
  await delay(millis)
  child.kill('SIGKILL')
  return (await ended) === null
}

async function opens(postern: Postern, path: string): Promise<boolean> {
  await using store = await openSqliteStore(dataFiles.store(postern.dataDirectory))
  try {
    openKeyRing(readRootKeyFile(path), (await readSealedRing(store))!.value)
    return true
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return false
  }
}

export async function killSealRotate(kills: number, seed: number): Promise<void> {
  const bytes = seededRandom(seed)
  await using postern = new Postern({}, await freePorts())
  await postern.start()
  const { kms } = postern.clients(await postern.administrator())
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const Plaintext = Buffer.from('kept')
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: KeyMetadata!.KeyId!, Plaintext }))
  await postern.stop()
  const [newKey, oldKey] = [join(postern.folder, 'new.key'), join(postern.folder, 'old.key')]
  for (let kill = 1; kill <= kills; kill++) {
    copyFileSync(postern.rootKey, oldKey)
    const isDone = await rotateAndKill(postern, newKey, bytes(1)[0]! % 12)
    const [byOld, byNew] = [await opens(postern, oldKey), await opens(postern, newKey)]
    assert.ok(byOld !== byNew, `kill ${kill}: one of the two keys opens it`)
    assert.ok(byNew || !isDone, `kill ${kill}: a rotation that ended is done`)
    process.stderr.write(`kill ${kill} of ${kills}: the ${byNew ? 'new' : 'old'} root key opens it\n`)
    if (byNew) renameSync(newKey, postern.rootKey)
    rmSync(newKey, { force: true })
  }
  await postern.start()
  const again = postern.clients(await postern.administrator())
  const opened = await again.kms.send(new DecryptCommand({ CiphertextBlob: CiphertextBlob! }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
}

if (import.meta.main) {
  const [kills = '50', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
  process.stderr.write(`seed ${seed}\n`)
  await killSealRotate(Number(kills), Number(seed))
  process.stderr.write(`${kills} kills, one of the two root keys opened the data directory each time\n`)
}
