// `postern seal rotate` as operators run it: from and to a file, and a passphrase by descriptor, environment and terminal.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runCommandLine } from '../../src/cli/main.ts'
import { cleanVariables, freePorts, program, run, serveWords } from '../start-postern.ts'
import type { Finished } from '../start-postern.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-rotate-'))
after(() => rmSync(folder, { recursive: true }))

const [first, second] = ['the first passphrase 51d0', 'the second passphrase 7a2e']
let names = 0
const newPath = (): string => join(folder, `${++names}`)

/** Runs a command in this process, on no terminal. */
async function runHere(...words: readonly string[]): Promise<Finished> {
  let [out, error] = ['', '']
  const status = await runCommandLine(words, {
    out: text => void (out += text),
    error: text => void (error += text),
    environment: cleanVariables(),
    isInteractive: false,
  })
  return { status, out, error }
}

/** A descriptor from which a passphrase can be read. */
function descriptorOf(passphrase: string): string {
  const path = newPath()
  writeFileSync(path, `${passphrase}\n`)
  const descriptor = openSync(path, 'r')
  after(() => closeSync(descriptor))
  return String(descriptor)
}

const [madeByPassphrase, madeByFile, rootKey] = [newPath(), newPath(), newPath()]

/** Starts the server once and stops it. */
async function serveOnce(dataDirectory: string, words: readonly string[], variables = {}): Promise<void> {
  const serve = serveWords({ dataDirectory, ports: await freePorts() })
  const child = spawn(process.execPath, [program, ...serve, ...words], {
    env: { ...cleanVariables(), ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.once('data', () => child.kill('SIGTERM'))
  const status = await new Promise(resolve => child.once('close', resolve))
  assert.equal(status, 0)
}

before(async () => {
  await serveOnce(madeByPassphrase, [], { POSTERN_PASSPHRASE: first })
  await serveOnce(madeByFile, ['--root-key', rootKey])
})

/** A data directory that was made with the first passphrase. */
function newInstallation(): string {
  const dataDirectory = newPath()
  cpSync(madeByPassphrase, dataDirectory, { recursive: true })
  return dataDirectory
}

const rotate = (dataDirectory: string, ...words: readonly string[]): Promise<Finished> =>
  runHere('seal', 'rotate', '--data-dir', dataDirectory, ...words)

/** Whether a root key opens a data directory, whose trail is then whole. */
async function opens(dataDirectory: string, ...words: readonly string[]): Promise<boolean> {
  const { status, error } = await runHere('trail', 'verify', '--data-dir', dataDirectory, ...words)
  assert.ok(status === 0 || /^postern: [^\n]*(passphrase|root key)[^\n]*\n$/.test(error), error)
  return status === 0
}

const opensWith = (dataDirectory: string, passphrase: string): Promise<boolean> =>
  opens(dataDirectory, '--passphrase-fd', descriptorOf(passphrase))

test('postern seal rotate goes from a passphrase to another one, and leaves a record of it in the trail', async () => {
  const dataDirectory = newInstallation()
  const [old, next] = [descriptorOf(first), descriptorOf(second)]

  const { status, error, out } = await rotate(dataDirectory, '--passphrase-fd', old, '--new-passphrase-fd', next)

  assert.deepEqual([status, error], [0, ''])
  assert.match(out, /^The root key now comes from the new passphrase\. [^\n]+\n$/)
  assert.deepEqual([await opensWith(dataDirectory, second), await opensWith(dataDirectory, first)], [true, false])
  await serveOnce(dataDirectory, [], { POSTERN_PASSPHRASE: second })
  const trail = join(dataDirectory, 'trail')
  const records = readdirSync(trail)
    .filter(name => name.endsWith('.log'))
    .flatMap(name => readFileSync(join(trail, name), 'utf8').split('\n'))
    .filter(line => line.includes('"RotateRootKey"'))
  assert.equal(records.length, 1)
  assert.match(records[0]!, /"type":"OperatingSystemUser"/)
  assert.match(records[0]!, /"oldRootKeyId":"[0-9a-f]{16}","newRootKeyId":"[0-9a-f]{16}"/)
})

test('postern seal rotate goes from a passphrase to a file, and from a file to a passphrase', async () => {
  const [dataDirectory, path] = [newInstallation(), newPath()]

  const toFile = await rotate(dataDirectory, '--passphrase-fd', descriptorOf(first), '--new-root-key', path)
  const byFile = [await opens(dataDirectory, '--root-key', path), await opensWith(dataDirectory, first)]
  const back = await rotate(dataDirectory, '--root-key', path, '--new-passphrase-fd', descriptorOf(second))
  const byPassphrase = [await opens(dataDirectory, '--root-key', path), await opensWith(dataDirectory, second)]

  assert.deepEqual([toFile.status, back.status], [0, 0], toFile.error + back.error)
  assert.deepEqual([...byFile, ...byPassphrase], [true, false, false, true])
})

test('postern seal rotate takes the old passphrase from the environment', async () => {
  const [dataDirectory, path] = [newInstallation(), newPath()]
  const words = ['seal', 'rotate', '--data-dir', dataDirectory, '--new-root-key', path]

  const { status, error } = await run(process.execPath, [program, ...words], {
    ...cleanVariables(),
    POSTERN_PASSPHRASE: first,
  })

  assert.deepEqual([status, error], [0, ''])
  assert.equal(await opens(dataDirectory, '--root-key', path), true)
})

test('postern seal rotate refuses a new root key that is none, two, short or inside the data directory, and changes nothing', async () => {
  const inside = join(madeByFile, 'new.key')

  for (const [words, told] of [
    [[], /Give one of --new-root-key/],
    [['--new-root-key', newPath(), '--new-passphrase-prompt', 'true'], /Give one of --new-root-key/],
    [['--new-passphrase-prompt', 'false'], /Give one of --new-root-key/],
    [['--new-passphrase-prompt', 'yes'], /true or false/],
    [['--new-passphrase-prompt', 'true'], /no terminal/],
    [['--new-passphrase-fd', 'three'], /number of a file descriptor/],
    [['--new-passphrase-fd', '9999'], /file descriptor 9999: is it open/],
    [['--new-passphrase-fd', descriptorOf('short')], /too short/],
    [['--new-root-key', inside], /inside the data directory/],
    [['--new-root-key', rootKey], /Cannot create the root key/],
  ] as const) {
    const refused = await rotate(madeByFile, '--root-key', rootKey, ...words)
    assert.equal(refused.status, 2, words.join(' '))
    assert.match(refused.error, told)
    assert.match(refused.error, /^postern: [^\n]+\n$/)
  }

  assert.equal(existsSync(inside), false)
  assert.equal(await opens(madeByFile, '--root-key', rootKey), true)
})

// Of util-linux: gives a program a terminal of its own.
const withTerminal = 'script'

/** Runs the program on a terminal and answers its questions in turn. */
function onTerminal(words: readonly string[], answers: readonly (readonly [RegExp, string])[]): Promise<Finished> {
  const command = [process.execPath, program, ...words].map(word => `'${word}'`).join(' ')
  const child = spawn(withTerminal, ['-qec', command, '/dev/null'], {
    env: { ...cleanVariables(), SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = [...answers]
  let [out, said] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    said += chunk.toString()
    if (waiting[0]?.[0].test(said) !== true) return
    said = ''
    child.stdin.write(`${waiting.shift()![1]}\r`)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', status => resolve({ status: status ?? 1, out, error: '' }))
  })
}

test('postern seal rotate asks on a terminal for the passphrase once and for the new one twice, and shows neither', async () => {
  const dataDirectory = newInstallation()
  const words = ['seal', 'rotate', '--data-dir', dataDirectory, '--passphrase-prompt', 'true']

  const { status, out } = await onTerminal(
    [...words, '--new-passphrase-prompt', 'true'],
    [
      [/^Passphrase of the root key: $/, first],
      [/New passphrase of the root key: $/, second],
      [/The same once more: $/, second],
    ],
  )

  assert.equal(status, 0, out)
  assert.ok(!out.includes(first) && !out.includes(second))
  assert.deepEqual([await opensWith(dataDirectory, second), await opensWith(dataDirectory, first)], [true, false])
})

test('postern seal rotate changes nothing where the new passphrase is typed in two ways, or not at all', async () => {
  const dataDirectory = newInstallation()
  const words = ['seal', 'rotate', '--data-dir', dataDirectory, '--passphrase-prompt', 'true']
  const old = [/^Passphrase of the root key: $/, first] as const

  const slip = await onTerminal(
    [...words, '--new-passphrase-prompt', 'true'],
    [old, [/New passphrase of the root key: $/, second], [/The same once more: $/, `${second}!`]],
  )
  const controlC = await onTerminal(
    [...words, '--new-passphrase-prompt', 'true'],
    [old, [/New passphrase of the root key: $/, '\u0003']],
  )

  assert.deepEqual([slip.status, controlC.status], [2, 2])
  assert.match(slip.out, /The two passphrases differ, and nothing was done/)
  assert.match(controlC.out, /No passphrase was given/)
  assert.equal(await opensWith(dataDirectory, first), true)
})
