// What the trail keeps when files fail, are taken away or come back changed: hardening.md, G61 to G63.
import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { openMemoryStore, put, remove } from '../storage/index.ts'
import type { Store } from '../storage/index.ts'
import { chainKey } from './chain.ts'
import { firstHead, markRestored, readHead, writeHead } from './head.ts'
import { openTrail } from './open-trail.ts'
import { openSyncThread } from './sync-thread.ts'
import type { SyncThread } from './sync-thread.ts'
import { openTrailFiles, segmentName } from './trail-files.ts'
import type { SegmentFile, TrailFiles } from './trail-files.ts'
import type { Trail, TrailOptions } from './trail.ts'
import { verifyTrail } from './verify-trail.ts'
import type { TrailReport } from './verify-trail.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-trail-recovery-'))
after(() => rmSync(root, { recursive: true }))
const random = seededRandom(20_261_124)
const rootKey = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(rootKey, createKeyRing(rootKey, random), random)
const key = chainKey(keyRing)
let folders = 0

/** A store and a folder, with what the trail in it reports. */
class Place {
  readonly directory = join(root, String(++folders))
  readonly reports: string[] = []
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  open(options: Partial<TrailOptions> = {}): Promise<Trail> {
    return openTrail({
      directory: this.directory,
      store: this.store,
      keyRing,
      durability: 'written',
      clock: { now: () => 0 },
      report: message => this.reports.push(message),
      ...options,
    })
  }

  async write(names: readonly string[], options: Partial<TrailOptions> = {}): Promise<void> {
    await using trail = await this.open(options)
    for (const name of names) await trail.append([event(name)])
  }

  verify(): Promise<TrailReport> {
    return verifyTrail({ directory: this.directory, keyRing, store: this.store })
  }

  pathOf(segment: number): string {
    return join(this.directory, segmentName(segment))
  }

  segments(): readonly string[] {
    return readdirSync(this.directory).filter(name => name.endsWith('.log'))
  }

  lines(segment = 1): string[] {
    return readFileSync(this.pathOf(segment), 'utf8').trimEnd().split('\n')
  }

  /** Names of the records in all segments. */
  recorded(): readonly string[] {
    const texts = this.segments().map(name => readFileSync(join(this.directory, name), 'utf8'))
    return texts.flatMap(text => [...text.matchAll(/"eventID":"([^"]+)"/g)]).map(match => match[1]!)
  }
}

const newPlace = async (): Promise<Place> => new Place(await openMemoryStore())

const event = (name: string) => ({
  line: JSON.stringify({
    eventID: name,
    eventName: 'Test',
    eventTime: '1970-01-01T00:00:00Z',
    eventSource: 'test.amazonaws.com',
    awsRegion: 'us-west-2',
    readOnly: true,
    recipientAccountId: '111122223333',
    userIdentity: { type: 'IAMUser', userName: 'test' },
  }),
})

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `event ${index}`)

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it did not come about')
    await delay(20)
  }
}

const isWell = (trail: Trail): boolean => trail.health().kind === 'healthy'

/** A sync thread that fails while it is told to. */
function failingSync() {
  const thread = openSyncThread()
  const state = { fails: false }
  const syncThread: SyncThread = {
    sync: descriptor =>
      state.fails ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : thread.sync(descriptor),
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
  return { state, syncThread }
}

/** A sync thread whose syncs end when and as the test says. */
function steeredSync() {
  const calls: { readonly inode: number; readonly descriptor: number; readonly end: PromiseWithResolvers<void> }[] = []
  const state = { isSteered: true }
  const syncThread: SyncThread = {
    sync(descriptor) {
      if (!state.isSteered) return Promise.resolve()
      const end = Promise.withResolvers<void>()
      calls.push({ inode: fstatSync(descriptor).ino, descriptor, end })
      return end.promise
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return { calls, state, syncThread }
}

/** How a promise ended. */
async function outcome(work: Promise<void>): Promise<'acknowledged' | 'refused'> {
  try {
    await work
    return 'acknowledged'
  } catch {
    return 'refused'
  }
}

test('[G61] after a failed sync that lost its data, no record of a call or of a change is missing', async () => {
  const place = await newPlace()
  const { state, syncThread } = failingSync()
  const trail = await place.open({ syncThread })
  await trail.append([event('before')], { synced: true })
  const syncedLength = statSync(place.pathOf(1)).size

  state.fails = true
  await trail.append([event('written')])
  await place.store.commit({ writes: [], outbox: [event('change').line] })
  await assert.rejects(trail.drainOutbox(), /cannot be synced/)
  state.fails = false
  await until(() => isWell(trail))
  await trail.append([event('after')])
  await trail[Symbol.asyncDispose]()
  assert.equal((await place.verify()).fault, undefined)
  truncateSync(place.pathOf(1), syncedLength)

  assert.deepEqual(place.recorded(), ['before', 'written', 'change', 'after'])
  assert.deepEqual(await place.verify(), { records: 4, sequence: 4 })
  await place.write(['again'])
  assert.deepEqual(await place.verify(), { records: 5, sequence: 5 })
})

test('[G61] a sync that fails takes a full segment behind it along: both are written again', async () => {
  const place = await newPlace()
  const { calls, state, syncThread } = steeredSync()
  const trail = await place.open({ syncThread, segmentBytes: 700 })
  for (const name of numbered(8)) await trail.append([event(name)])

  calls[0]!.end.reject(new Error('EIO'))
  state.isSteered = false
  await until(() => !isWell(trail))
  await until(() => isWell(trail))
  await trail.append([event('after')])
  await trail[Symbol.asyncDispose]()

  assert.deepEqual(await place.verify(), { records: 9, sequence: 9 })
  await place.write(['again'])
  for (const segment of [1, 2]) assert.ok(place.segments().includes(segmentName(segment)))
  assert.deepEqual(await place.verify(), { records: 10, sequence: 10 })
})

test('[G61] a failed sync refuses all that wait for its segment, and is not made good by a later one', async () => {
  const place = await newPlace()
  const { calls, state, syncThread } = steeredSync()
  const trail = await place.open({ syncThread, durability: 'synced' })
  const first = outcome(trail.append([event('first')]))
  await until(() => calls.length === 1)
  const second = outcome(trail.append([event('second')]))
  await turn()

  calls[0]!.end.reject(new Error('EIO'))
  state.isSteered = false

  assert.deepEqual([await first, await second], ['refused', 'refused'])
  await trail[Symbol.asyncDispose]()
})

test('[G61] a segment is closed only after its syncs: none of them is one of the next segment', async () => {
  const place = await newPlace()
  const { calls, state, syncThread } = steeredSync()
  const files = openTrailFiles(place.directory)
  let fails = false
  const wrap = (file: SegmentFile): SegmentFile => ({
    ...file,
    write(bytes) {
      if (!fails) return file.write(bytes)
      fails = false
      throw new Error('EIO')
    },
  })
  const layer: TrailFiles = { ...files, create: (segment, beginning) => wrap(files.create(segment, beginning)) }
  const trail = await place.open({ syncThread, files: layer, durability: 'synced' })
  const first = outcome(trail.append([event('first')]))
  await until(() => calls.length === 1)

  fails = true
  const second = outcome(trail.append([event('second')]))
  await until(() => existsSync(place.pathOf(2)))

  assert.equal(fstatSync(calls[0]!.descriptor).ino, statSync(place.pathOf(1)).ino)
  calls[0]!.end.resolve()
  await until(() => calls.length > 1)
  assert.equal(
    calls[1]!.inode,
    statSync(place.pathOf(2)).ino,
    'the first record counts in the new segment, and waits for it',
  )
  state.isSteered = false
  for (const { end } of calls) end.resolve()
  assert.deepEqual([await first, await second], ['acknowledged', 'acknowledged'])
  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await place.verify(), { records: 2, sequence: 2 })
})

test('[G61] no head is saved past a segment that is not on the disk', async () => {
  const place = await newPlace()
  const { calls, state, syncThread } = steeredSync()
  const trail = await place.open({ syncThread, segmentBytes: 700 })
  for (const name of numbered(5)) await trail.append([event(name)])

  await delay(1_300)

  assert.equal((await readHead(place.store, key))?.sequence, 0)
  state.isSteered = false
  for (const { end } of calls) end.resolve()
  await until(async () => (await readHead(place.store, key))?.sequence === 5)
  await trail[Symbol.asyncDispose]()
})

test('[G61] a store that cannot be written fails steadily, by its name, and makes no segments', async () => {
  const place = await newPlace()
  let isFull = false
  const store = Object.create(place.store) as Store
  for (const name of ['get', 'readOutbox', 'lastOutboxSequence', 'removeOutbox'] as const)
    Object.assign(store, { [name]: place.store[name].bind(place.store) })
  store.commit = async commit => {
    if (isFull) throw new Error('the disk is full')
    await place.store.commit(commit)
  }
  const trail = await place.open({ store })
  await trail.append([event('before')])

  isFull = true
  await until(() => !isWell(trail))
  const states = new Set<string>()
  for (let count = 0; count < 25; count++) {
    states.add(JSON.stringify(trail.health()))
    await delay(100)
  }

  assert.deepEqual([...states], ['{"kind":"failing","reason":"the store cannot be written: the disk is full"}'])
  assert.equal(place.segments().length, 1)
  isFull = false
  await until(() => isWell(trail))
  await trail.append([event('after')])
  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await place.verify(), { records: 2, sequence: 2 })
})

test('[G61] a device that goes on failing leaves no segment for each attempt', async () => {
  const place = await newPlace()
  const { state, syncThread } = failingSync()
  const trail = await place.open({ syncThread })
  await trail.append([event('before')])

  state.fails = true
  await until(() => !isWell(trail))
  await delay(2_500)

  assert.ok(place.segments().length <= 2, place.segments().join())
  state.fails = false
  await until(() => isWell(trail))
  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await place.verify(), { records: 1, sequence: 1 })
})

for (const what of ['removed', 'replaced']) {
  test(`[G61] a segment that was ${what} under an idle trail is noticed, and its lost records are found`, async () => {
    const place = await newPlace()
    const trail = await place.open()
    await trail.append([event('lost')])
    await until(async () => (await readHead(place.store, key))?.sequence === 1)
    const before = readFileSync(place.pathOf(1))

    rmSync(place.pathOf(1))
    if (what === 'replaced') writeFileSync(place.pathOf(1), before.subarray(0, 200))
    await until(() => !isWell(trail))
    await until(() => isWell(trail))
    await trail.append([event('kept')])
    await trail[Symbol.asyncDispose]()

    assert.match(place.reports.join('\n'), /Segment 1 of the trail was touched .* up to 1 may be lost/)
    assert.ok(place.recorded().includes('kept'))
    assert.notEqual((await place.verify()).fault, undefined)
  })
}

test('[G61] a folder that may not be used any more stops an idle trail, until it may', async () => {
  const place = await newPlace()
  const files = openTrailFiles(place.directory)
  let isLocked = false
  const requireAccess = (): void => {
    if (isLocked) throw new Error('EACCES: permission denied, access')
  }
  const trail = await place.open({
    files: {
      ...files,
      create(segment, beginning) {
        requireAccess()
        return { ...files.create(segment, beginning), requirePlace: requireAccess }
      },
    },
  })
  await trail.append([event('before')])

  isLocked = true
  await until(() => !isWell(trail))
  await assert.rejects(trail.append([event('refused')]), /EACCES/)
  isLocked = false
  await until(() => isWell(trail))
  await trail.append([event('after')])

  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await place.verify(), { records: 2, sequence: 2 })
})

test('[G61] a segment that was removed before its records were on the disk loses none of them', async () => {
  const place = await newPlace()
  await using trail = await place.open()
  await trail.append([event('first')])

  rmSync(place.pathOf(1))
  await trail.append([event('second')])

  assert.deepEqual(place.recorded(), ['first', 'second'])
  assert.match(place.reports.join(), /The segment was removed/)
})

test('[G63] verifyTrail() finds what was inserted behind the end of a closed segment', async () => {
  const place = await newPlace()
  await place.write(numbered(12), { segmentBytes: 1_500 })
  const end = place.lines(1).length
  const [chain] = /[0-9a-f]{64}/.exec(place.lines(1).at(-1)!)!

  for (const line of [
    `{"sequence":2,"outbox":0,"chain":"${chain}","event":${event('forged').line}}`,
    place.lines(1)[1]!,
    'anything',
  ]) {
    const before = readFileSync(place.pathOf(1))
    appendFileSync(place.pathOf(1), `${line}\n`)
    const { fault } = await place.verify()
    writeFileSync(place.pathOf(1), before)
    assert.deepEqual([fault?.segment, fault?.line], [1, end + 1], line)
  }
})

test('[G63] a trail whose head and log are gone together is found, and does not open', async () => {
  const head = { name: 'trail.head', indexes: {} }
  for (const rest of ['nothing', 'a shorter log']) {
    const place = await newPlace()
    await place.store.commit({
      writes: [put({ name: 'seal.ring', indexes: {} }, 'ring', {}, 'absent'), firstHead(keyRing)],
    })
    await place.write(numbered(5))

    await place.store.commit({ writes: [remove(head, 'head', 'any')] })
    if (rest === 'nothing') rmSync(place.directory, { recursive: true })
    else writeFileSync(place.pathOf(1), `${place.lines().slice(0, 3).join('\n')}\n`)

    assert.match((await place.verify()).fault?.detail ?? '', /head of the log is missing/, rest)
    await assert.rejects(place.open(), /head of the trail is missing/, rest)
  }
})

test('[G63] a trail that was thrown away as if the store had been restored says so for ever', async () => {
  const place = await newPlace()
  await place.write(numbered(5))
  rmSync(place.directory, { recursive: true })

  await markRestored(place.store)
  await place.write(['new'])
  await place.write(['newer'])

  assert.match(place.reports.join('\n'), /restored from a backup: a new trail begins.* of 5 records/)
  assert.deepEqual(await place.verify(), { records: 3, sequence: 3, restored: 1 })
  assert.match(place.lines()[1]!, /"eventName":"BeginTrailAfterRestore".*"earlierTrail":\{"sequence":5,/)
})

test('[G63] a restored store beside a trail that is not its own does not open', async () => {
  const place = await newPlace()
  await place.write(numbered(5))

  await markRestored(place.store)

  await assert.rejects(place.open(), /holds the trail of another one: keep it elsewhere/)
})

test('[G62] open() keeps aside, and reports loudly, whole records behind one that is missing', async () => {
  const place = await newPlace()
  const trail = await place.open()
  await trail.append([event('head')])
  await until(async () => (await readHead(place.store, key))?.sequence === 1)
  // As a killed process leaves them: behind the head.
  const headLine = await readHead(place.store, key)
  for (const name of ['a', 'b', 'c', 'd']) await trail.append([event(name)])
  const lines = place.lines()
  await trail[Symbol.asyncDispose]()
  const left = await newPlace()
  await left.store.commit({
    writes: [put({ name: 'trail.head', indexes: {} }, 'head', await headValue(place, headLine!.sequence), 'any')],
  })
  openTrailFiles(left.directory)
  writeFileSync(left.pathOf(1), `${lines.toSpliced(3, 1).join('\n')}\n`)

  await left.write(['after'])

  assert.match(left.reports.join('\n'), /RECORDS MAY BE MISSING: .* kept in .*\.cut/)
  assert.deepEqual(left.recorded(), ['head', 'a', 'after'])
  assert.equal(readFileSync(`${left.pathOf(1)}.cut`, 'utf8'), `${lines.slice(4).join('\n')}\n`)
  assert.deepEqual(await left.verify(), { records: 3, sequence: 3 })
})

test('[G62] open() goes on behind a segment that a power cut tore while the next one was begun', async () => {
  const place = await newPlace()
  await place.write(numbered(8), { segmentBytes: 1_500 })
  const left = await newPlace()
  openTrailFiles(left.directory)
  for (const name of place.segments())
    writeFileSync(join(left.directory, name), readFileSync(join(place.directory, name)))
  await left.store.commit({ writes: [firstHead(keyRing)] })
  truncateSync(left.pathOf(1), statSync(left.pathOf(1)).size - 30)

  await left.write(['after'])

  assert.match(left.reports.join('\n'), /RECORDS MAY BE MISSING: segment 2/)
  assert.equal((await left.verify()).fault, undefined)
  assert.equal(left.recorded().at(-1), 'after')
})

test('[J76] a segment that could not be made leaves nothing in the way of the next attempt', async () => {
  const place = await newPlace()
  const files = openTrailFiles(place.directory)
  writeFileSync(`${place.pathOf(1)}.new`, 'left by a killed process')

  const file = files.create(1, Buffer.from('x'))
  assert.throws(() => files.create(1, Buffer.from('y')), /EEXIST/)
  file.close()
  renameSync(place.pathOf(1), place.pathOf(2))

  assert.deepEqual(readdirSync(place.directory), [segmentName(2)])
  assert.equal(readFileSync(place.pathOf(2), 'utf8'), 'x')
})

test('[G62] open() takes what it finds to the disk before the outbox counts as arrived', async () => {
  const place = await newPlace()
  await place.write(['a'])
  await place.store.commit({ writes: [], outbox: [event('change').line] })
  const files = openTrailFiles(place.directory)
  const acts: string[] = []
  const layer: TrailFiles = {
    ...files,
    sync(segments) {
      acts.push(`synced ${segments.join()}`)
      files.sync(segments)
    },
  }
  const store = Object.create(place.store) as Store
  for (const name of ['get', 'commit', 'lastOutboxSequence', 'removeOutbox'] as const)
    Object.assign(store, { [name]: place.store[name].bind(place.store) })
  store.readOutbox = limit => {
    acts.push('outbox read')
    return place.store.readOutbox(limit)
  }

  await using _trail = await place.open({ files: layer, store })

  assert.deepEqual(acts.slice(0, 2), ['synced 1', 'outbox read'])
})

/** The value of a head in the store, of an earlier record of that trail. */
async function headValue(place: Place, sequence: number): Promise<object> {
  const match = /"outbox":(\d+),"chain":"([0-9a-f]{64})"/.exec(place.lines()[sequence]!)!
  const position = { sequence, outbox: Number(match[1]), chain: match[2]! }
  const store = await openMemoryStore()
  await writeHead(store, key, position)
  return (await store.get<object>({ name: 'trail.head', indexes: {} }, 'head'))!.value
}
