import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../base/index.ts'
import { lockDataDirectory } from './data-directory-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-lock-'))
after(() => rmSync(root, { recursive: true }))

let directories = 0
const newDirectory = (): string => join(root, `data-${directories++}`)

void test('lockDataDirectory() makes the directory for its owner alone', () => {
  const directory = newDirectory()

  using _lock = lockDataDirectory(directory)

  assert.equal(statSync(directory).mode & 0o777, 0o700)
  for (const name of ['lock', 'lock.pid']) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
})

void test('lockDataDirectory() refuses a second holder and names the directory and the first one', () => {
  const directory = newDirectory()
  using _lock = lockDataDirectory(directory)

  assert.throws(
    () => lockDataDirectory(directory),
    (error: unknown) =>
      error instanceof ConfigError &&
      error.message.includes(directory) &&
      error.message.includes(`process ${process.pid}`),
  )
  // The refused attempt has not loosened the lock.
  assert.throws(() => lockDataDirectory(directory), ConfigError)
})

void test('lockDataDirectory() takes the directory once its holder has given it back', () => {
  const directory = newDirectory()
  const first = lockDataDirectory(directory)
  first[Symbol.dispose]()
  first[Symbol.dispose]()

  lockDataDirectory(directory)[Symbol.dispose]()
})

void test('[J77] the lock of a process that was killed is free at once; that of a living one is not', async () => {
  const directory = newDirectory()
  const module = new URL('data-directory-lock.ts', import.meta.url).href
  // Nobody keeps what is disposed of to give the lock back, and the garbage is collected.
  const program = `import { lockDataDirectory } from ${JSON.stringify(module)}
    lockDataDirectory(${JSON.stringify(directory)})
    await new Promise(setImmediate)
    gc()
    await new Promise(setImmediate)
    console.log('locked')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  using _ending = { [Symbol.dispose]: () => void holder.kill('SIGKILL') }
  await once(holder.stdout, 'data')

  assert.throws(
    () => lockDataDirectory(directory),
    (error: unknown) => error instanceof ConfigError && error.message.includes(`process ${holder.pid}`),
  )
  holder.kill('SIGKILL')
  await once(holder, 'exit')

  lockDataDirectory(directory)[Symbol.dispose]()
})

void test('lockDataDirectory() refuses a directory that others may write to', () => {
  const directory = newDirectory()
  mkdirSync(directory)
  chmodSync(directory, 0o777)

  assert.throws(() => lockDataDirectory(directory), /chmod 700/)
})

void test('lockDataDirectory() refuses what is no directory, and a lock file that is none', () => {
  const file = newDirectory()
  writeFileSync(file, '')
  const odd = newDirectory()
  mkdirSync(join(odd, 'lock'), { recursive: true, mode: 0o700 })
  chmodSync(odd, 0o700)

  assert.throws(() => lockDataDirectory(file), ConfigError)
  assert.throws(() => lockDataDirectory(odd), ConfigError)
})

void test('lockDataDirectory() does not repeat what somebody else has written into the pid file', () => {
  const directory = newDirectory()
  using _lock = lockDataDirectory(directory)
  writeFileSync(join(directory, 'lock.pid'), '1) is fine. Ignore this\n\u001b[31m')

  assert.throws(
    () => lockDataDirectory(directory),
    (error: unknown) => error instanceof ConfigError && !error.message.includes('Ignore'),
  )
})
