import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { holdsAny, secretBlocks } from './scrub.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { SqliteStore } from './sqlite-store.ts'
import { put, remove } from './store.ts'
import type { Collection } from './store.ts'

interface Material {
  readonly wrapped: string
  readonly padding: string
}

const materials: Collection<Material> = {
  name: 'test.material',
  // An index key that is the secret itself: nobody should, but it must not stay behind either.
  indexes: { wrapped: material => [material.wrapped] },
}

const seed = 20_261_123
const random = seededRandom(seed)
const directory = mkdtempSync(join(tmpdir(), 'postern-scrub-'))
after(() => rmSync(directory, { recursive: true }))

function newSecret(): string {
  return random(48).toString('base64')
}

function newMaterial(wrapped: string): Material {
  const [size = 0] = random(1)
  return { wrapped: `1.${wrapped}`, padding: ' '.repeat(size % 5 === 0 ? size * 60 : size) }
}

/** Whole secrets and larger parts of them, anywhere in the files of a store. */
function findRemains(name: string, secret: string): readonly string[] {
  const files = readdirSync(directory).filter(file => file.startsWith(name))
  return files.filter(file => {
    // The descriptor of this read is closed while SQLite has the file open, which drops its locks: harmless here, with one user.
    const bytes = readFileSync(join(directory, file))
    for (let start = 0; start + 31 <= secret.length; start++)
      if (bytes.includes(secret.slice(start, start + 31))) return true
    return false
  })
}

/** An operator's look into the file, in the middle of a read. */
function readingConnection(name: string): DatabaseSync {
  const reader = new DatabaseSync(join(directory, name))
  reader.exec('BEGIN; SELECT count(*) FROM records')
  return reader
}

async function openStore(name: string): Promise<SqliteStore> {
  return openSqliteStore(join(directory, name))
}

/** Adds and changes records in no order, so that pages are split and merged all the time. */
async function fill(store: SqliteStore, count: number): Promise<Map<string, string>> {
  const secrets = new Map<string, string>()
  for (let index = 0; index < count; index += 20) {
    const ids = Array.from({ length: 20 }, () => random(6).toString('hex'))
    for (const id of ids) secrets.set(id, newSecret())
    await store.commit({ writes: ids.map(id => put(materials, id, newMaterial(secrets.get(id)!), 'absent')) })
  }
  return secrets
}

void test('[J76] a scrubbed secret is nowhere in the files: not in split pages, free pages, indexes or the log', async () => {
  await using store = await openStore('many.db')
  const secrets = await fill(store, 300)
  for (const [id, secret] of secrets) {
    assert.notDeepEqual(findRemains('many.db', secret), [])
    await store.commit({ writes: [remove(materials, id, 1)], scrub: true })
    assert.deepEqual(findRemains('many.db', secret), [], `seed ${seed}, record ${id}`)
  }
})

void test('[J77] a secret whose scrubbing was cut off by a kill is scrubbed at the next start', async () => {
  await using store = await openStore('killed.db')
  const secrets = await fill(store, 60)
  const [[id, secret] = ['', '']] = secrets
  // What a kill leaves that comes right behind the transaction: listeners are told before anything is scrubbed.
  store.onChange(() => {
    for (const suffix of ['', '-wal'])
      copyFileSync(join(directory, `killed.db${suffix}`), join(directory, `left.db${suffix}`))
  })
  await store.commit({ writes: [remove(materials, id, 1)], scrub: true })
  assert.notDeepEqual(findRemains('left.db', secret), [])

  await using next = await openStore('left.db')

  assert.deepEqual(findRemains('left.db', secret), [])
  assert.equal((await next.list(materials)).length, 59)
})

void test('[J77] a scrub that a reader of the file hinders does not make the commit fail; it is done once the reader is gone', async () => {
  await using store = await openStore('read.db')
  const secrets = await fill(store, 40)
  const [[id, secret] = ['', '']] = secrets
  const reader = readingConnection('read.db')

  await store.commit({ writes: [remove(materials, id, 1)], scrub: true })

  const [gone, whileRead] = [await store.get(materials, id), store.scrubRemains]
  reader.close()
  await store.finishScrub()
  assert.deepEqual([gone, store.scrubRemains], [undefined, undefined])
  assert.match(whileRead!, /another process/)
  assert.deepEqual(findRemains('read.db', secret), [])
})

void test('[J77] a scrub that a reader of the file hinders is remembered over a restart that the reader outlives', async () => {
  const store = await openStore('outlived.db')
  const secrets = await fill(store, 40)
  const [[id, secret] = ['', '']] = secrets
  const reader = readingConnection('outlived.db')
  await store.commit({ writes: [remove(materials, id, 1)], scrub: true })
  await store[Symbol.asyncDispose]()

  await using next = await openStore('outlived.db')

  assert.match(next.scrubRemains!, /another process/)
  reader.close()
  await next.finishScrub()
  assert.equal(next.scrubRemains, undefined)
  assert.deepEqual(findRemains('outlived.db', secret), [])
})

void test('a large store is scrubbed in a thread, in one pass for all that wait, and takes commits meanwhile', async () => {
  await using store = await openSqliteStore(join(directory, 'threads.db'), { scrubThreadBytes: 0 })
  const secrets = await fill(store, 200)
  const removals = [...secrets.keys()].map(async (id, index) =>
    store.commit(
      index % 2 === 0
        ? { writes: [remove(materials, id, 1)], scrub: true }
        : { writes: [put(materials, id, newMaterial(secrets.get(id)!), 1)] },
    ),
  )
  const later: Promise<void>[] = []
  const ticker = setInterval(
    () => later.push(store.commit({ writes: [put(materials, 'tick', newMaterial(''), 'any')] })),
    5,
  )

  await Promise.all(removals)

  clearInterval(ticker)
  await Promise.all(later)
  assert.equal(store.scrubRemains, undefined)
  const gone = [...secrets.values()].filter((_, index) => index % 2 === 0)
  for (const secret of gone) assert.deepEqual(findRemains('threads.db', secret), [])
  assert.equal((await store.list(materials)).length, later.length > 0 ? 101 : 100)
})

void test('a secret whose scrubbing was cut off is scrubbed in a thread too', async () => {
  const store = await openStore('large.db')
  const secrets = await fill(store, 60)
  const [[id, secret] = ['', '']] = secrets
  store.onChange(() => {
    for (const suffix of ['', '-wal'])
      copyFileSync(join(directory, `large.db${suffix}`), join(directory, `copied.db${suffix}`))
  })
  await store.commit({ writes: [remove(materials, id, 1)], scrub: true })
  await store[Symbol.asyncDispose]()

  await using next = await openSqliteStore(join(directory, 'copied.db'), { scrubThreadBytes: 0 })

  assert.equal(next.scrubRemains, undefined)
  assert.deepEqual(findRemains('copied.db', secret), [])
})

void test('holdsAny() finds a block at every place of a file, over the ends of its windows too, and nothing that is not there', () => {
  const path = join(directory, 'windows')
  const blocks = Array.from({ length: 300 }, () => random(12).toString('base64'))
  const length = 2_200_000
  for (const at of [0, 1, 4_095, 1_048_560, 1_048_570, 1_048_576, 1_048_592, 2_097_151, length - 16]) {
    const bytes = Buffer.alloc(length, 'A')
    bytes.write(blocks[at % 300]!, at, 'latin1')
    writeFileSync(path, bytes)
    const file = openSync(path, 'r')
    const found = [holdsAny(file, blocks), holdsAny(file, []), holdsAny(file, [newSecret().slice(0, 16)])]
    closeSync(file)
    assert.deepEqual(found, [true, false, false], `at ${at}`)
  }
})

void test('a secret that was replaced is scrubbed like a removed one, and the new one stays', async () => {
  await using store = await openStore('replaced.db')
  const secrets = await fill(store, 40)
  const [[id, secret] = ['', '']] = secrets
  const next = newSecret()

  await store.commit({ writes: [put(materials, id, newMaterial(next), 1)], scrub: true })

  assert.deepEqual(findRemains('replaced.db', secret), [])
  assert.equal((await store.get(materials, id))?.value.wrapped, `1.${next}`)
})

void test('commits go on while secrets are scrubbed, and disposing waits for the scrubbing', async () => {
  const store = await openStore('busy.db')
  const secrets = await fill(store, 100)
  const removals = [...secrets.keys()].map(async (id, index) =>
    store.commit(
      index % 2 === 0
        ? { writes: [remove(materials, id, 1)], scrub: true }
        : { writes: [put(materials, id, newMaterial(secrets.get(id)!), 1)] },
    ),
  )
  const disposed = store[Symbol.asyncDispose]()

  await Promise.all([...removals, disposed])

  const gone = [...secrets.values()].filter((_, index) => index % 2 === 0)
  for (const secret of gone) assert.deepEqual(findRemains('busy.db', secret), [])
})

void test('a secret is scrubbed while a backup is being written', async () => {
  await using store = await openStore('backed-up.db')
  const secrets = await fill(store, 600)
  const [[id, secret] = ['', '']] = secrets

  const backup = store.backup(join(directory, 'copy-of-it'))
  await store.commit({ writes: [remove(materials, id, 1)], scrub: true })
  await backup

  assert.deepEqual(findRemains('backed-up.db', secret), [])
})

void test('secretBlocks() covers any 31 characters of a secret with a whole block', () => {
  const secret = newSecret()
  const blocks = secretBlocks([JSON.stringify(newMaterial(secret))], [])

  for (let start = 0; start + 31 <= secret.length; start++)
    assert.ok(blocks.some(block => secret.slice(start, start + 31).includes(block)))
})

void test('secretBlocks() leaves out texts that are no secrets, and what lives on', () => {
  const secret = newSecret()
  const words = {
    arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    policy: '{"a":"b"}'.repeat(20),
  }

  assert.deepEqual(secretBlocks([JSON.stringify(words)], []), [])
  assert.deepEqual(secretBlocks([JSON.stringify({ secret })], [JSON.stringify({ other: secret })]), [])
})
