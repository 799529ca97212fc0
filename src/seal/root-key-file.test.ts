import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError, seededRandom } from '../base/index.ts'
import { createRootKeyFile, readRootKeyFile } from './root-key-file.ts'

const random = seededRandom(20_261_124)
const folder = mkdtempSync(join(tmpdir(), 'postern-root-key-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
const newPath = (): string => join(folder, `root-${files++}.key`)

/** A root key file with this text. */
function writeFile(text: string | Buffer, mode = 0o600): string {
  const path = newPath()
  writeFileSync(path, text, { mode })
  chmodSync(path, mode)
  return path
}

const isOneLineAbout =
  (path: string, advice: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, advice)
    assert.ok(error.message.includes(path) && !error.message.includes('\n'), error.message)
    return true
  }

test('readRootKeyFile() finds the key that createRootKeyFile() has made', () => {
  const path = newPath()

  const created = createRootKeyFile(path, random)

  const read = readRootKeyFile(path)
  assert.equal(read.id, created.id)
  assert.ok(read.key.equals(created.key))
})

test('createRootKeyFile() makes a file that only its owner can read, and its folder likewise', () => {
  const path = join(folder, 'new', 'folder', 'root.key')

  createRootKeyFile(path, random)

  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'new', 'folder')).mode & 0o777, 0o700)
})

test('createRootKeyFile() makes another key each time', () => {
  const ids = Array.from({ length: 10 }, () => createRootKeyFile(newPath(), random).id)

  assert.equal(new Set(ids).size, ids.length)
})

test('createRootKeyFile() never overwrites: neither a key, nor what a link points at', () => {
  const path = writeFile('something of somebody')
  const [link, dangling] = [newPath(), newPath()]
  symlinkSync(path, link)
  symlinkSync(join(folder, 'nothing-there'), dangling)

  for (const taken of [path, link, dangling])
    assert.throws(() => createRootKeyFile(taken, random), isOneLineAbout(taken, /choose another place with --root-key/))

  assert.equal(readFileSync(path, 'utf8'), 'something of somebody')
  assert.ok(!existsSync(join(folder, 'nothing-there')))
})

test('createRootKeyFile() says what to do where a folder cannot be made, and leaves nothing', () => {
  const path = join(writeFile('a file, no folder'), 'root.key')
  const before = readdirSync(folder)

  assert.throws(() => createRootKeyFile(path, random), isOneLineAbout(path, /choose another place with --root-key/))

  assert.deepEqual(readdirSync(folder), before)
})

for (const left of ['', 'postern-r', `postern-root-key-1:${'A'.repeat(20)}`]) {
  test(`[J77] createRootKeyFile() goes on from what a killed one left: ${JSON.stringify(left)}`, () => {
    const path = newPath()
    writeFileSync(`${path}.part`, left, { mode: 0o600 })

    const { id } = createRootKeyFile(path, random)

    assert.equal(readRootKeyFile(path).id, id)
    assert.equal(existsSync(`${path}.part`), false)
  })
}

test('createRootKeyFile() leaves a file of somebody else alone that has the name of its own', () => {
  const path = newPath()
  writeFileSync(`${path}.part`, 'mine')

  assert.throws(() => createRootKeyFile(path, random), isOneLineAbout(path, /choose another place/))

  assert.equal(readFileSync(`${path}.part`, 'utf8'), 'mine')
  assert.equal(existsSync(path), false)
})

for (const mode of [0o640, 0o604, 0o660, 0o601, 0o620, 0o644]) {
  test(`readRootKeyFile() refuses a file of mode ${mode.toString(8)}, and says how to mend it`, () => {
    const path = newPath()
    createRootKeyFile(path, random)
    chmodSync(path, mode)

    assert.throws(() => readRootKeyFile(path), isOneLineAbout(path, /can be read by others: run "chmod 600 /))
  })
}

test('readRootKeyFile() takes a file that its owner may only read', () => {
  const path = newPath()
  const { id } = createRootKeyFile(path, random)
  chmodSync(path, 0o400)

  assert.equal(readRootKeyFile(path).id, id)
})

test('readRootKeyFile() says what to do about a file that is not there', () => {
  const path = newPath()

  assert.throws(() => readRootKeyFile(path), isOneLineAbout(path, /put it back, or name its place with --root-key/))
})

test('readRootKeyFile() takes the line with any end of line', () => {
  const path = newPath()
  const { id } = createRootKeyFile(path, random)
  const line = readFileSync(path, 'latin1').trimEnd()

  for (const end of ['', '\n', '\r\n']) assert.equal(readRootKeyFile(writeFile(line + end)).id, id)
})

const good = `postern-root-key-1:${Buffer.alloc(32, 7).toString('base64')}`

for (const [what, text] of [
  ['an empty file', ''],
  ['another form', good.replace('-1:', '-2:')],
  ['a missing letter', good.slice(0, -2) + good.at(-1)],
  ['a cut line', good.slice(0, 40)],
  ['a second line', `${good}\nmore`],
  ['a blank before it', ` ${good}`],
  ['letters that are not base64', good.replace('B', '!')],
  ['base64 that is not the one text of its bytes', `${good.slice(0, -2)}d=`],
  ['a key of 31 bytes', `postern-root-key-1:${Buffer.alloc(31, 7).toString('base64')}`],
  ['a key of 33 bytes', `postern-root-key-1:${Buffer.alloc(33, 7).toString('base64')}`],
  ['bytes of something else', Buffer.alloc(5_000, 0xfe)],
] as const) {
  test(`readRootKeyFile() refuses ${what}, and does not show it`, () => {
    const path = writeFile(text)

    assert.throws(
      () => readRootKeyFile(path),
      isOneLineAbout(path, /is no root key of Postern: put the right file there/),
    )
  })
}

test('readRootKeyFile() refuses a folder and a device', () => {
  const directory = join(folder, 'folder.key')
  mkdirSync(directory, { mode: 0o700 })

  for (const path of [directory, '/dev/zero'])
    assert.throws(() => readRootKeyFile(path), isOneLineAbout(path, /is no root key of Postern/))
})
