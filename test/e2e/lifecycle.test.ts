// What survives: restarts, a second server, backups, another root key.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
} from '@aws-sdk/client-kms'
import { makePrivateNetwork } from '../private-network.ts'
import { Postern, cleanVariables, freePorts, program, run, serveWords, startPostern } from '../start-postern.ts'
import { allow, makeUser } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2, iam, kms } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, ec2)
const key = (await kms.send(new CreateKeyCommand({ Description: 'kept' }))).KeyMetadata!
await kms.send(new CreateAliasCommand({ AliasName: 'alias/kept', TargetKeyId: key.Arn! }))
const EncryptionContext = { kept: 'yes' }
const Plaintext = Buffer.from('kept')
const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: 'alias/kept', Plaintext, EncryptionContext }))
const user = await makeUser(iam, 'kept', allow('kms:Decrypt'))

/** Runs another server, which is expected to end by itself. */
async function serve(dataDirectory: string, rootKey: string): ReturnType<typeof run> {
  const words = serveWords({ dataDirectory, rootKey, ports: await freePorts() })
  return run(process.execPath, [program, ...words], cleanVariables())
}

test('a restart finds keys, aliases, users, the network and its open door again', async () => {
  const status = await postern.stop()

  await postern.start()

  assert.equal(status, 0)
  const reached = postern.clients(user.credentials, { kmsUrl: network.url })
  const opened = await reached.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  const again = postern.clients(await postern.administrator())
  const { KeyMetadata } = await again.kms.send(new DescribeKeyCommand({ KeyId: 'alias/kept' }))
  assert.equal(KeyMetadata!.Arn, key.Arn)
})

test('a second server on one data directory refuses with a clear line and harms nothing', async () => {
  const second = await serve(postern.dataDirectory, postern.rootKey)

  assert.equal(second.status, 2)
  assert.match(second.error, /^postern: .*another server.*\n$/i)
  assert.equal(second.error.split('\n').length, 2)
  const { ready } = JSON.parse((await postern.postern('status', '--json')).out) as { ready: boolean }
  assert.equal(ready, true)
})

test('a wrong root key gives one clear line, and nothing is touched', async () => {
  await postern.stop()
  const wrong = join(postern.folder, 'wrong.key')
  writeFileSync(
    wrong,
    readFileSync(postern.rootKey, 'utf8').replace(/[A-Za-z0-9]/g, letter => (letter === 'A' ? 'B' : 'A')),
    {
      mode: 0o600,
    },
  )
  const before = contentOf(postern.dataDirectory)

  const refused = await serve(postern.dataDirectory, wrong)

  assert.equal(refused.status, 2)
  assert.match(refused.error, /^postern: [^\n]*root key[^\n]*\n$/i)
  assert.deepEqual(contentOf(postern.dataDirectory), before)
  await postern.start()
})

/** The files that hold what is kept, with their content. */
function contentOf(directory: string): Readonly<Record<string, string>> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    name => /postern\.db$|trail\/.+\.jsonl?/.test(name) && statSync(join(directory, name)).isFile(),
  )
  return Object.fromEntries(files.map(name => [name, readFileSync(join(directory, name)).toString('base64')]))
}

test('[J80] a backup taken while running opens elsewhere with the root key, and without it not at all', async () => {
  const backup = join(postern.folder, 'backup.db')
  const elsewhere = new Postern({}, await freePorts())
  const made = await postern.postern('backup', backup)
  await kms.send(new CreateKeyCommand({ Description: 'after the backup' })).catch(() => {})

  const restored = await elsewhere.postern('restore', backup)
  const without = await serve(elsewhere.dataDirectory, join(elsewhere.folder, 'no.key'))

  assert.equal(made.status, 0, made.error)
  assert.equal(statSync(backup).mode & 0o777, 0o600)
  assert.equal(restored.status, 0, restored.error)
  assert.equal(without.status, 2)
  assert.ok(!existsSync(join(elsewhere.folder, 'no.key')), 'no new root key is made for old data')
  writeFileSync(elsewhere.rootKey, readFileSync(postern.rootKey), { mode: 0o600 })
  await elsewhere.start()
  const opened = await elsewhere
    .clients(user.credentials)
    .kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
  await elsewhere[Symbol.asyncDispose]()
})

test('restore refuses a damaged backup and a data directory that is in use', async () => {
  const damaged = join(postern.folder, 'damaged.db')
  const backup = join(postern.folder, 'whole.db')
  await postern.postern('backup', backup)
  const bytes = readFileSync(backup)
  bytes.fill(0xff, 4_000, 12_000)
  writeFileSync(damaged, bytes)
  const target = join(postern.folder, 'restored')
  const restore = (file: string, directory: string): ReturnType<typeof run> =>
    run(process.execPath, [program, 'restore', file, '--data-dir', directory], cleanVariables())

  const fromDamaged = await restore(damaged, target)
  const ontoLive = await restore(backup, postern.dataDirectory)

  assert.equal(fromDamaged.status, 2)
  assert.match(fromDamaged.error, /^postern: [^\n]+\n$/)
  assert.ok(!existsSync(join(target, 'postern.db')))
  assert.equal(ontoLive.status, 2)
  assert.match(ontoLive.error, /holds a store already/)
})

test('postern seal rotate gives a new root key; the old one opens nothing afterwards', async () => {
  await postern.stop()
  const oldKey = join(postern.folder, 'old.key')
  const newKey = join(postern.folder, 'new.key')
  writeFileSync(oldKey, readFileSync(postern.rootKey), { mode: 0o600 })

  const rotated = await postern.postern('seal', 'rotate', '--root-key', postern.rootKey, '--new-root-key', newKey)

  assert.equal(rotated.status, 0, rotated.error)
  assert.equal(statSync(newKey).mode & 0o777, 0o600)
  const withOld = await serve(postern.dataDirectory, oldKey)
  assert.equal(withOld.status, 2)
  assert.match(withOld.error, /^postern: [^\n]*root key[^\n]*\n$/i)
  writeFileSync(postern.rootKey, readFileSync(newKey))
  await postern.start()
  const opened = await postern
    .clients(user.credentials)
    .kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  assert.deepEqual(Buffer.from(opened.Plaintext!), Plaintext)
})

test('postern trail verify finds the trail whole, and an altered record by its place', async () => {
  await postern.stop()
  const words = ['trail', 'verify', '--root-key', postern.rootKey] as const
  const whole = await postern.postern(...words)
  const folder = join(postern.dataDirectory, 'trail')
  const segment = readdirSync(folder)
    .filter(name => /\d/.test(name))
    .sort()[0]!
  const path = join(folder, segment)
  const text = readFileSync(path, 'utf8')
  const altered = text.replace('"eventName":"CreateKey"', '"eventName":"DeleteKe"')
  assert.notEqual(altered, text)

  writeFileSync(path, altered)
  const found = await postern.postern(...words)
  writeFileSync(path, text)

  assert.equal(whole.status, 0, whole.error)
  assert.match(whole.out, /^The trail is whole: \d+ records/)
  assert.equal(found.status, 1)
  assert.match(found.error, /segment .+, line \d+/)
  assert.equal((await postern.postern(...words)).status, 0)
  await postern.start()
})

test('a root key from a passphrase: the right one opens, a wrong one is told so', async () => {
  const dataDirectory = join(postern.folder, 'guarded')
  const words = [program, ...serveWords({ dataDirectory, ports: await freePorts() })]
  const serveWith = async (passphrase: string): Promise<{ status: number | null; error: string }> => {
    const child = spawn(process.execPath, words, {
      env: { ...cleanVariables(), POSTERN_PASSPHRASE: passphrase },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let error = ''
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
    // The welcome: it serves.
    child.stdout.once('data', () => child.kill('SIGTERM'))
    return new Promise(resolve => child.once('close', status => resolve({ status, error })))
  }

  const first = await serveWith('correct horse battery staple')
  const again = await serveWith('correct horse battery staple')
  const wrong = await serveWith('incorrect horse battery staple')

  assert.equal(first.status, 0, first.error)
  assert.equal(again.status, 0, again.error)
  assert.equal(wrong.status, 2)
  assert.match(wrong.error, /^postern: [^\n]*passphrase[^\n]*\n$/i)
})

test('[G66] everything in the data directory is for its owner alone, but for the public certificates', () => {
  const entries = readdirSync(postern.dataDirectory, { recursive: true, encoding: 'utf8' })

  const open = entries.filter(name => (statSync(join(postern.dataDirectory, name)).mode & 0o077) !== 0)

  assert.equal(statSync(postern.dataDirectory).mode & 0o777, 0o700)
  assert.deepEqual(open.sort(), ['ca-bundle.pem', 'ca.pem'])
  assert.equal(statSync(postern.rootKey).mode & 0o777, 0o600)
})

test('SIGTERM finishes the requests that are under way before the server ends', async () => {
  const { kms: last } = postern.clients(await postern.administrator())
  const send = (): Promise<unknown> => last.send(new EncryptCommand({ KeyId: key.Arn!, Plaintext }))
  await send()
  const underWay = Promise.allSettled(Array.from({ length: 20 }, send))
  const started = performance.now()

  const status = await postern.stop()

  assert.equal(status, 0, postern.log)
  // An idle connection that is kept alive would hold it up for 65 seconds, one that is cut off for ten.
  assert.ok(performance.now() - started < 9_000)
  for (const outcome of await underWay) {
    if (outcome.status === 'rejected') assert.match(String(outcome.reason), /ECONNREFUSED|ECONNRESET|socket hang up/)
  }
  await postern.start()
})
