// Canaries: secrets that are searched for wherever something of the server can be seen (hardening.md, F60).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { CreateKeyCommand, DescribeKeyCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { openAccounts } from '../../src/accounts/index.ts'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { openKeys } from '../../src/keys/index.ts'
import { openKeyRing, readRootKeyFile } from '../../src/seal/index.ts'
import { dataFiles, readSealedRing } from '../../src/server/index.ts'
import { openSqliteStore } from '../../src/storage/index.ts'
import { post, send, signed } from '../raw-client.ts'
import { cleanVariables, freePorts, program, run, serveWords, startPostern } from '../start-postern.ts'
import { makeUser } from './user.ts'

const postern = await startPostern({ words: ['--log-level', 'trace'] })
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { kms, iam } = postern.clients(administrator)
const key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata!
const user = await makeUser(iam, 'canary')

/** The forms in which bytes may be seen. */
const formsOf = (bytes: Buffer): readonly string[] => [
  bytes.toString('latin1'),
  bytes.toString('base64'),
  bytes.toString('base64url'),
  bytes.toString('hex'),
  JSON.stringify([...bytes]).slice(1, -1),
  [...bytes].join(', '),
  bytes.toString('hex').replaceAll(/(..)(?!$)/g, '$1 '),
]

function assertHidden(place: string, text: string, secrets: Readonly<Record<string, Buffer>>): void {
  for (const [name, bytes] of Object.entries(secrets)) {
    for (const form of formsOf(bytes)) assert.ok(!text.includes(form), `${name} is in ${place}`)
  }
}

const filesOf = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
    .join('\n')

const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()

test('[F60] a plaintext is in no error, log line, metric, trail record or file, however its request fails', async () => {
  const canary = 'canary-plaintext-7c1f'
  const KeyId = key.KeyId!
  const encoded = Buffer.from(canary).toString('base64')
  const ask = async (operation: string, input: object): Promise<string> => {
    const body = JSON.stringify(input)
    const request = { service: 'kms', target: `TrentService.${operation}`, body }
    return (await send(postern, post(signed(postern, administrator, request), body)))!.body
  }

  const answers = [
    await ask('Encrypt', { KeyId, Plaintext: canary }),
    await ask('Encrypt', { KeyId, Plaintext: { canary } }),
    await ask('Encrypt', { KeyId, Plaintext: [canary] }),
    await ask('Encrypt', { KeyId, Plaintext: Buffer.from(canary.repeat(300)).toString('base64') }),
    await ask('Encrypt', { KeyId: 'alias/none', Plaintext: encoded }),
    await ask('Encrypt', { KeyId, Plaintext: encoded, DryRun: true }),
    await ask('Encrypt', { KeyId, Plaintext: encoded, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
    await ask('Decrypt', { CiphertextBlob: encoded }),
    await ask('Encrypt', { KeyId, Plaintext: encoded }),
  ]

  const secrets = { 'the plaintext': Buffer.from(canary) }
  assert.match(answers.join('\n'), /SerializationException|ValidationException/)
  assertHidden('an answer', answers.join('\n'), secrets)
  assertHidden('the log', postern.log, secrets)
  assertHidden('the metrics', await metrics(), secrets)
  assertHidden('a file', filesOf(postern.dataDirectory), secrets)
})

test('[F60] no key is in the data directory, the log or the metrics, nor printed by what holds it', async () => {
  const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId: key.KeyId!, KeySpec: 'AES_256' }))
  await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId! }))
  const shown = [await metrics(), postern.log]
  await postern.stop()
  await using store = await openSqliteStore(dataFiles.store(postern.dataDirectory))
  const root = readRootKeyFile(postern.rootKey)
  const keyRing = openKeyRing(root, (await readSealedRing(store))!.value)
  const keys = openKeys({ store, keyRing })
  const entry = (await keys.findKey(postern.region, key.KeyId!))!
  const material = (await keys.secretMaterial(entry.key))!
  const accounts = openAccounts({ store, keyRing, random: systemRandom, clock: systemClock })
  const credential = await accounts.findCredential(user.credentials.accessKeyId, undefined)

  const secrets = {
    'the root key': Buffer.from(readFileSync(postern.rootKey, 'latin1').split(':')[1]!, 'base64'),
    'the key material': material.key.export(),
    'the data key': Buffer.from(dataKey.Plaintext!),
    "a user's secret": Buffer.from(user.credentials.secretAccessKey),
    "the administrator's secret": Buffer.from(administrator.secretAccessKey),
    'the session token': Buffer.from(administrator.sessionToken!),
  }

  for (const [name, bytes] of Object.entries(secrets)) assert.ok(bytes.length >= 32, `${name} was found`)
  assert.deepEqual(credential.secret.exposeBytes(), secrets["a user's secret"], 'the secret opens')
  assertHidden('a file', filesOf(postern.dataDirectory), secrets)
  assertHidden('the log or the metrics', [...shown, postern.log].join('\n'), secrets)
  const printed = [root, keyRing, keys, entry, material, accounts, credential].flatMap(each => [
    inspect(each, { depth: Infinity, showHidden: true, showProxy: true }),
    JSON.stringify(each) ?? '',
  ])
  assertHidden('what is printed', printed.join('\n'), secrets)
  await postern.start()
})

/** A server whose root key comes from a passphrase of its environment, once it serves. */
async function serveWithPassphrase(passphrase: string): Promise<ChildProcess> {
  const dataDirectory = join(postern.folder, 'guarded')
  const words = [program, ...serveWords({ dataDirectory, ports: await freePorts() })]
  const child = spawn(process.execPath, words, {
    env: { ...cleanVariables(), POSTERN_PASSPHRASE: passphrase, POSTERN_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const status = await run(
    process.execPath,
    [program, 'status', '--wait', '30', '--data-dir', dataDirectory],
    cleanVariables(),
  )
  assert.equal(status.status, 0, status.error)
  return child
}

test('[F60] the passphrase of the root key is not in /proc/PID/environ, the command line or the data directory', async () => {
  const passphrase = 'canary passphrase 51d0'
  const child = await serveWithPassphrase(passphrase)
  const ended = new Promise(resolve => child.once('exit', resolve))

  const environment = readFileSync(`/proc/${child.pid}/environ`, 'latin1')
  const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1')
  child.kill('SIGTERM')
  await ended

  const secrets = { 'the passphrase': Buffer.from(passphrase) }
  assert.ok(environment.includes('POSTERN_LOG_LEVEL=info\0'), 'the rest of the environment is as it was')
  assertHidden('the environment', environment, secrets)
  assertHidden('the command line', commandLine, secrets)
  assertHidden('a file', filesOf(join(postern.folder, 'guarded')), secrets)
})

test('[F60] a core dump of the server would have none of its memory', () => {
  const filter = readFileSync(`/proc/${postern.processId}/coredump_filter`, 'latin1')

  assert.equal(Number.parseInt(filter, 16), 0)
})

test('[F60] no signal opens a debugger, writes a heap snapshot or a report', async () => {
  const before = readdirSync(postern.dataDirectory).sort()

  process.kill(postern.processId, 'SIGUSR1')
  for (let turn = 0; turn < 20; turn++) {
    await kms.send(new EncryptCommand({ KeyId: key.KeyId!, Plaintext: Buffer.from('a') }))
  }

  assert.doesNotMatch(postern.log, /debugger|inspector/i)
  assert.deepEqual(readdirSync(postern.dataDirectory).sort(), before)
})
