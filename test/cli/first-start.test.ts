// What the first start says of the root key, and what it leaves to the second where it fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SecretBytes } from '../../src/base/index.ts'
import { readConfig, startServer } from '../../src/server/index.ts'
import { freePort } from '../../src/cli/demo/free-port.ts'
import { repository } from '../start-postern.ts'

const folder = mkdtempSync(join(tmpdir(), "postern-first'-"))
after(() => {
  process.chdir(repository)
  rmSync(folder, { recursive: true })
})

/** Starts a server of a data directory, ends it, and gives what it said. */
async function welcomeOf(name: string, apiPort: number, passphrase?: string): Promise<string> {
  const flags = {
    'data-dir': join(folder, name),
    api: `127.0.0.1:${apiPort}`,
    metrics: `127.0.0.1:${await freePort()}`,
    'log-level': 'silent',
    ...(passphrase === undefined ? { 'root-key': join(folder, `${name}.key`) } : { 'passphrase-fd': '0' }),
  }
  const config = readConfig({
    flags: new Map(Object.entries(flags).map(([key, value]) => [key, [value]])),
    environment: {},
  })
  const secret = passphrase === undefined ? undefined : new SecretBytes(Buffer.from(passphrase))
  await using server = await startServer(config, { passphrase: secret })
  return server.welcome
}

test('the first start that succeeds says that the root key is new, however many failed before, and no later one', async () => {
  await using occupant = createServer().listen(0, '127.0.0.1')
  await once(occupant, 'listening')
  const { port } = occupant.address() as AddressInfo

  await assert.rejects(welcomeOf('plain', port), /another program listens there/)
  const first = await welcomeOf('plain', 0)
  const second = await welcomeOf('plain', 0)

  assert.match(first, /root key +\S+plain\.key {2}\(new: keep a copy elsewhere/)
  assert.match(second, /root key +\S+plain\.key\n/)
})

test('the first start with a passphrase asks to keep that, not a file', async () => {
  assert.match(
    await welcomeOf('phrase', 0, 'correct horse battery'),
    /from a passphrase {2}\(new: keep the passphrase safe/,
  )
})

test('the welcome names the program of this checkout and the data directory, both quoted for the shell', async () => {
  const quoted = join(folder, 'words').replaceAll("'", String.raw`'\''`)

  const welcome = await welcomeOf('words', 0)

  assert.ok(welcome.includes(`eval "$('${join(repository, 'postern')}' env --data-dir '${quoted}')"`), welcome)
})

test('the server closes an empty data directory to those who might look into it', async () => {
  mkdirSync(join(folder, 'open'))
  chmodSync(join(folder, 'open'), 0o755)

  await welcomeOf('open', 0)

  assert.equal(statSync(join(folder, 'open')).mode & 0o777, 0o700)
})
