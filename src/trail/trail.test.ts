import assert from 'node:assert/strict'
import {
  copyFileSync,
  fstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { ConfigError, SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { openMemoryStore, openSqliteStore, put } from '../storage/index.ts'
import type { Store } from '../storage/index.ts'
import { openSyncThread } from './sync-thread.ts'
import type { SyncThread } from './sync-thread.ts'
import { openTrail } from './open-trail.ts'
import type { Trail, TrailOptions } from './trail.ts'
import { openTrailFiles, segmentName } from './trail-files.ts'
import type { SegmentFile, TrailFiles } from './trail-files.ts'
import { verifyTrail } from './verify-trail.ts'
import type { TrailReport } from './verify-trail.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-trail-'))
after(() => rmSync(folder, { recursive: true }))
const random = seededRandom(20_261_124)

function newKeyRing(): KeyRing {
  const root = rootKeyOf(new SecretBytes(random(32)))
  return openKeyRing(root, createKeyRing(root, random), random)
}

const keyRing = newKeyRing()
let folders = 0

/** A trail in a folder of its own, with what it leaves behind. */
class Installation {
  readonly directory = join(folder, String(++folders))
  readonly store: Store
  readonly reports: string[] = []
  readonly keyRing: KeyRing

  constructor(store: Store, ring = keyRing) {
    this.store = store
    this.keyRing = ring
  }

  open(options: Partial<TrailOptions> = {}): Promise<Trail> {
    return openTrail({
      directory: this.directory,
      store: this.store,
      keyRing: this.keyRing,
      durability: 'written',
      clock: { now: () => 0 },
      report: message => this.reports.push(message),
      ...options,
    })
  }

  verify(): Promise<TrailReport> {
    return verifyTrail(this)
  }

  /** Opens, writes records with these texts, and closes. */
  async write(texts: readonly string[], options: Partial<TrailOptions> = {}): Promise<void> {
    await using trail = await this.open(options)
    for (const text of texts) await trail.append([eventOf(text)])
  }

  segments(): readonly string[] {
    return readdirSync(this.directory).filter(name => name.endsWith('.log'))
  }

  pathOf(segment: number): string {
    return join(this.directory, segmentName(segment))
  }

  text(segment = 1): string {
    return readFileSync(this.pathOf(segment), 'utf8')
  }

  lines(segment = 1): string[] {
    return this.text(segment).trimEnd().split('\n')
  }

  replace(lines: readonly string[], segment = 1): void {
    writeFileSync(this.pathOf(segment), `${lines.join('\n')}\n`)
  }
}

const newInstallation = async (ring?: KeyRing): Promise<Installation> => new Installation(await openMemoryStore(), ring)

const eventOf = (text: string) => ({
  line: JSON.stringify({
    eventID: text,
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

test('append() leaves records in order, and another start goes on behind them', async () => {
  const installation = await newInstallation()

  await installation.write(['a', 'b'])
  await installation.write(['c'])

  const ids = installation
    .lines()
    .slice(1)
    .map(line => /"eventID":"(\w)"/.exec(line)![1])
  assert.deepEqual(ids, ['a', 'b', 'c'])
  assert.deepEqual(await installation.verify(), { records: 3, sequence: 3 })
})

test('append() begins a new segment when one is full, and the chain goes on in it', async () => {
  const installation = await newInstallation()

  await installation.write(numbered(20), { segmentBytes: 1_500 })

  assert.ok(installation.segments().length > 3)
  assert.deepEqual(await installation.verify(), { records: 20, sequence: 20 })
})

test('[G66] segments are for their owner alone, the folder too', async () => {
  const installation = await newInstallation()

  await installation.write(['a'])

  assert.equal(statSync(installation.directory).mode & 0o777, 0o700)
  for (const name of readdirSync(installation.directory)) {
    assert.equal(statSync(join(installation.directory, name)).mode & 0o777, 0o600, name)
  }
})

const tampered: Readonly<Record<string, (lines: string[]) => string[]>> = {
  altered: lines => lines.with(3, lines[3]!.replace('event 2', 'event X')),
  removed: lines => lines.toSpliced(3, 1),
  inserted: lines => lines.toSpliced(3, 0, lines[3]!),
  'put before its predecessor': lines => lines.with(3, lines[4]!).with(4, lines[3]!),
}

for (const [what, change] of Object.entries(tampered)) {
  test(`[G63] verifyTrail() names the place of a record that was ${what}`, async () => {
    const installation = await newInstallation()
    await installation.write(numbered(6))

    installation.replace(change(installation.lines()))

    const { fault } = await installation.verify()
    assert.equal(fault?.segment, 1)
    assert.equal(fault.line, what === 'inserted' ? 5 : 4)
  })
}

test('[G63] verifyTrail() finds a tail that was cut off, and the trail does not open', async () => {
  const installation = await newInstallation()
  await installation.write(numbered(6))

  installation.replace(installation.lines().slice(0, -1))

  const { fault } = await installation.verify()
  assert.match(fault?.detail ?? '', /missing at its end/)
  await assert.rejects(installation.open(), ConfigError)
})

test('[G63] verifyTrail() finds a segment that is missing, first, middle or last', async () => {
  for (const missing of [1, 3, -1]) {
    const installation = await newInstallation()
    await installation.write(numbered(20), { segmentBytes: 1_500 })
    const names = installation.segments()

    rmSync(join(installation.directory, names.at(missing === -1 ? -1 : missing - 1)!))

    assert.notEqual((await installation.verify()).fault, undefined, String(missing))
  }
})

test('[G63] verifyTrail() finds records of another trail, whatever installation it is of', async () => {
  const own = await newInstallation()
  const sameKeys = await newInstallation()
  const otherKeys = await newInstallation(newKeyRing())
  for (const each of [own, sameKeys, otherKeys]) await each.write(numbered(4))

  for (const other of [sameKeys, otherKeys]) {
    const spliced = [...own.lines().slice(0, 3), other.lines()[3]!, own.lines()[4]!]
    const copy = own.lines()
    own.replace(spliced)
    const { fault } = await own.verify()
    own.replace(copy)
    // The same events under the same keys are the same records: nothing was changed then.
    assert.equal(fault === undefined, other === sameKeys)
  }
})

test('[G63] verifyTrail() finds any flipped bit', async () => {
  const installation = await newInstallation()
  await installation.write(['a \uFFFD b', 'c'])
  const bytes = readFileSync(installation.pathOf(1))

  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (index, bit) => {
      const copy = Buffer.from(bytes)
      copy[index]! ^= 1 << bit
      writeFileSync(installation.pathOf(1), copy)
      assert.notEqual((await installation.verify()).fault, undefined)
    }),
    { seed: 20_261_124, numRuns: 300 },
  )
})

test('[G63] verifyTrail() finds bytes that only look the same when decoded', async () => {
  const installation = await newInstallation()
  await installation.write(['a \uFFFD b'])
  const bytes = readFileSync(installation.pathOf(1))
  const at = bytes.indexOf('\uFFFD')

  // A cut-off sequence of three bytes decodes to the very character that was there.
  Buffer.from([0xf0, 0x9f, 0x98]).copy(bytes, at)
  writeFileSync(installation.pathOf(1), bytes)

  assert.equal((await installation.verify()).fault?.line, 2)
})

test('[G62] open() cuts off a line that a crash tore, and says so', async () => {
  const installation = await newInstallation()
  await installation.write(['a', 'b'])
  const whole = installation.text()
  writeFileSync(installation.pathOf(1), `${whole}{"sequence":3,"outb`)

  await installation.write(['c'])

  assert.match(installation.reports.join(), /Cut off 19 bytes/)
  assert.deepEqual(await installation.verify(), { records: 3, sequence: 3 })
})

test('[G62] open() goes on after a power cut that left rubbish behind what was synced', async () => {
  const installation = await newInstallation()
  await installation.write(['a', 'b'])
  const whole = readFileSync(installation.pathOf(1))
  writeFileSync(installation.pathOf(1), Buffer.concat([whole, Buffer.alloc(700), Buffer.from('\nx\n')]))

  await installation.write(['c'])

  assert.deepEqual(await installation.verify(), { records: 3, sequence: 3 })
})

test('open() refuses a log that was altered before the head', async () => {
  const installation = await newInstallation()
  await installation.write(numbered(4))

  installation.replace(installation.lines().with(2, installation.lines()[2]!.replace('event', 'evenT')))

  await assert.rejects(installation.open(), /was altered \(segment 1, line 3/)
})

test('open() refuses a store whose head was rolled back or forged, and one that lost it', async () => {
  const installation = await newInstallation()
  await installation.write(['a'])
  const other = await newInstallation()

  // The folder of one installation with the store of another that knows no head.
  const stranger = new Installation(other.store)
  writeFileSync(join(mkdir(stranger.directory), segmentName(1)), installation.text())

  await assert.rejects(stranger.open(), /head of the trail is missing/)
})

function mkdir(path: string): string {
  openTrailFiles(path)
  return path
}

/** A file layer whose writes or syncs fail while it is told to. */
function failingFiles(directory: string) {
  const files = openTrailFiles(directory)
  const state = { fails: false, shortBy: 0 }
  const wrap = (file: SegmentFile): SegmentFile => ({
    get descriptor() {
      // A descriptor that is not open: the sync fails.
      return state.fails ? 1_000_000 : file.descriptor
    },
    write(bytes) {
      if (!state.fails) return file.write(bytes)
      // As much as there was room for.
      if (state.shortBy > 0) file.write(bytes.subarray(0, bytes.length - state.shortBy))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    },
    requirePlace: () => file.requirePlace(),
    close: () => file.close(),
  })
  const layer: TrailFiles = {
    ...files,
    create(segment, beginning) {
      if (state.fails) throw Object.assign(new Error('ENOSPC: no space left on device, open'), { code: 'ENOSPC' })
      return wrap(files.create(segment, beginning))
    },
    reopen: (segment, length) => wrap(files.reopen(segment, length)),
  }
  return { layer, state }
}

for (const shortBy of [0, 10]) {
  test(`[G61] append() fails while the disk is full (${shortBy === 0 ? 'nothing' : 'a part'} written), and goes on by itself when there is room`, async () => {
    const installation = await newInstallation()
    const { layer, state } = failingFiles(mkdir(installation.directory))
    await using trail = await installation.open({ files: layer })
    await trail.append([eventOf('before')])

    Object.assign(state, { fails: true, shortBy })
    await assert.rejects(trail.append([eventOf('lost')]), /cannot be written/)
    const failing = trail.health()
    await assert.rejects(trail.append([eventOf('refused')]), /cannot be written/)
    state.fails = false
    while (trail.health().kind !== 'healthy') await new Promise(resolve => setTimeout(resolve, 20))
    await trail.append([eventOf('after')])

    assert.equal(failing.kind, 'failing')
    await trail[Symbol.asyncDispose]()
    assert.deepEqual(await installation.verify(), { records: 2, sequence: 2 })
    const all = installation
      .segments()
      .map((_, index) => readFileSync(join(installation.directory, installation.segments()[index]!), 'utf8'))
      .join('')
    assert.ok(all.includes('"before"') && all.includes('"after"') && !all.includes('"refused"'))
  })
}

test('[G61] append() fails where the sync fails, and that segment is not written again', async () => {
  const installation = await newInstallation()
  const { layer, state } = failingFiles(mkdir(installation.directory))
  await using trail = await installation.open({ files: layer, durability: 'synced' })
  await trail.append([eventOf('before')])
  const lengthOf = (): number => statSync(installation.pathOf(1)).size

  const failure = trail.append([eventOf('unsynced')])
  state.fails = true
  await assert.rejects(failure, /cannot be (synced|written)/)
  const length = lengthOf()
  state.fails = false
  while (trail.health().kind !== 'healthy') await new Promise(resolve => setTimeout(resolve, 20))
  await trail.append([eventOf('after')])

  assert.equal(lengthOf(), length)
  assert.ok(installation.segments().length > 1)
  await trail[Symbol.asyncDispose]()
  assert.equal((await installation.verify()).fault, undefined)
})

test('[G61] a full segment that cannot be synced stops the trail until a new one can be, and not the process', async () => {
  const installation = await newInstallation()
  const thread = openSyncThread()
  let fails = true
  const syncThread: SyncThread = {
    sync: descriptor => (fails ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : thread.sync(descriptor)),
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
  await using trail = await installation.open({ syncThread, segmentBytes: 1 })

  await trail.append([eventOf('fills the segment')])
  await new Promise(resolve => setImmediate(resolve))
  const failing = trail.health()
  fails = false
  while (trail.health().kind !== 'healthy') await new Promise(resolve => setTimeout(resolve, 20))
  await trail.append([eventOf('after')])

  assert.equal(failing.kind, 'failing')
  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await installation.verify(), { records: 2, sequence: 2 })
})

test('[J78] open() refuses an older store beside the log: its changes would have no record', async () => {
  const path = join(folder, 'rolled-back.db')
  const changed = eventOf('changed').line
  const log = await newInstallation()
  {
    await using store = await openSqliteStore(path)
    const installation = new Installation(store)
    await store.commit({ writes: [], outbox: [changed] })
    await installation.write(['a'])
    copyFileSync(path, `${path}.older`)
    copyFileSync(`${path}-wal`, `${path}.older-wal`)
    await store.commit({ writes: [], outbox: [changed] })
    await installation.write(['b'])
    mkdir(log.directory)
    copyFileSync(installation.pathOf(1), log.pathOf(1))
  }

  await using older = await openSqliteStore(`${path}.older`)
  const rolledBack = new Installation(older)
  mkdir(rolledBack.directory)
  copyFileSync(log.pathOf(1), rolledBack.pathOf(1))

  await assert.rejects(rolledBack.open(), /store is older than the trail/)
  assert.match((await rolledBack.verify()).fault!.detail, /store is older than the log/)
})

test('drainOutbox() brings the record of a change into the log exactly once, also over a crash in between', async () => {
  const installation = await newInstallation()
  await installation.write(['a'])
  await installation.store.commit({ writes: [], outbox: [eventOf('changed').line] })
  const entry = (await installation.store.readOutbox(1))[0]!

  await using trail = await installation.open()
  // As after a crash between the log and the outbox: the entry is there again.
  const wrapped = Object.create(installation.store) as Store
  wrapped.readOutbox = async () => [entry]
  wrapped.get = installation.store.get.bind(installation.store)
  wrapped.commit = installation.store.commit.bind(installation.store)
  wrapped.lastOutboxSequence = installation.store.lastOutboxSequence.bind(installation.store)
  wrapped.removeOutbox = installation.store.removeOutbox.bind(installation.store)
  await trail[Symbol.asyncDispose]()
  await using again = await installation.open({ store: wrapped })
  await again[Symbol.asyncDispose]()

  assert.equal(installation.text().split('"changed"').length - 1, 1)
  assert.equal((await installation.verify()).fault, undefined)
})

test('lookup() is made again from the log where the index is gone or no database', async () => {
  const installation = await newInstallation()
  await installation.write(numbered(3))
  const query = { account: '111122223333', region: 'us-west-2', limit: 10 }
  for (const damage of ['gone', 'rubbish']) {
    const path = join(installation.directory, 'index.db')
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
    if (damage === 'rubbish') writeFileSync(path, 'this is no database '.repeat(300))

    await using trail = await installation.open()
    const { events } = await trail.lookup(query)

    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [3, 2, 1],
      damage,
    )
  }
})

/** A file layer that knows how much of each segment a power cut would leave. */
function forgetfulFiles(directory: string) {
  const files = openTrailFiles(directory)
  const segments = new Map<number, number>()
  const durable = new Map<number, number>()
  const note = (segment: number, file: SegmentFile): SegmentFile => {
    segments.set(file.descriptor, segment)
    durable.set(segment, durable.get(segment) ?? 0)
    return file
  }
  const thread = openSyncThread()
  const syncThread: SyncThread = {
    async sync(descriptor) {
      const { size } = fstatSync(descriptor)
      await thread.sync(descriptor)
      durable.set(segments.get(descriptor)!, size)
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
  const layer: TrailFiles = {
    ...files,
    create: (segment, beginning) => note(segment, files.create(segment, beginning)),
    reopen: (segment, length) => note(segment, files.reopen(segment, length)),
  }
  return { layer, syncThread, durable }
}

/** What a power cut leaves: of each segment what was synced, and of the rest a part, or rubbish, or nothing. */
async function afterPowerCut(
  installation: Installation,
  durable: ReadonlyMap<number, number>,
  rest: { readonly part: number; readonly rubbish: boolean },
): Promise<Installation> {
  const head = { name: 'trail.head', indexes: {} }
  const left = await newInstallation()
  const record = await installation.store.get<object>(head, 'head')
  if (record !== undefined) await left.store.commit({ writes: [put(head, 'head', record.value, 'absent')] })
  mkdir(left.directory)
  for (const [segment, length] of durable) {
    const bytes = readFileSync(installation.pathOf(segment))
    const unsynced = bytes.subarray(length, length + Math.floor((bytes.length - length) * rest.part))
    if (rest.rubbish) unsynced.fill(0)
    writeFileSync(left.pathOf(segment), Buffer.concat([bytes.subarray(0, length), unsynced]))
  }
  return left
}

test('[G62] with synced, every acknowledged record survives a power cut that forgets what was not synced', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      async (batches, part, rubbish) => {
        const installation = await newInstallation()
        const { layer, syncThread, durable } = forgetfulFiles(mkdir(installation.directory))
        await using trail = await installation.open({
          files: layer,
          syncThread,
          durability: 'synced',
          segmentBytes: 3_000,
        })
        const acknowledged: string[] = []
        for (const [index, count] of batches.entries()) {
          const texts = Array.from({ length: count }, (_, each) => `event ${index}.${each};`)
          await Promise.all(texts.map(text => trail.append([eventOf(text)])))
          acknowledged.push(...texts)
        }
        // Not acknowledged when the power goes.
        const underWay = Promise.allSettled([trail.append([eventOf('open')]), trail.append([eventOf('open')])])
        await new Promise(resolve => setImmediate(resolve))

        const left = await afterPowerCut(installation, durable, { part, rubbish })
        await left.write(['afterwards'])
        await underWay

        assert.equal((await left.verify()).fault, undefined)
        const all = left
          .segments()
          .map(name => readFileSync(join(left.directory, name), 'utf8'))
          .join('')
        for (const text of [...acknowledged, 'afterwards']) assert.equal(all.split(`"${text}"`).length, 2, text)
      },
    ),
    { seed: 20_261_124, numRuns: 40 },
  )
})
