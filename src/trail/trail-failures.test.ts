// The trail on a file system that fails: hardening.md, G61, G66 and J76.
import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import * as fc from 'fast-check'
import { SecretBytes, seededRandom } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { openMemoryStore } from '../storage/index.ts'
import type { Store } from '../storage/index.ts'
import { openSyncThread } from './sync-thread.ts'
import type { SyncThread } from './sync-thread.ts'
import { openTrail } from './open-trail.ts'
import type { Trail, TrailOptions } from './trail.ts'
import { openTrailFiles, segmentName } from './trail-files.ts'
import type { SegmentFile, TrailFiles } from './trail-files.ts'
import { verifyTrail } from './verify-trail.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-trail-failures-'))
after(() => rmSync(root, { recursive: true }))
const random = seededRandom(20_261_124)
const rootKey = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(rootKey, createKeyRing(rootKey, random), random)
let folders = 0

interface Place {
  readonly directory: string
  readonly store: Store
}

const newPlace = async (): Promise<Place> => ({
  directory: join(root, String(++folders)),
  store: await openMemoryStore(),
})

const open = (place: Place, options: Partial<TrailOptions> = {}): Promise<Trail> =>
  openTrail({ ...place, keyRing, durability: 'written', clock: { now: () => 0 }, ...options })

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

const segmentsOf = ({ directory }: Place): readonly string[] =>
  readdirSync(directory).filter(name => name.endsWith('.log'))

/** How often each record is in the log, by name; a segment's abandoned end, which the chain leaves out, counts too. */
function recorded(place: Place): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of segmentsOf(place)) {
    const text = readFileSync(join(place.directory, name), 'utf8')
    for (const [, id] of text.matchAll(/"eventID":"([^"]+)"/g)) counts.set(id!, (counts.get(id!) ?? 0) + 1)
  }
  return counts
}

/** A file layer of which any act may be told to fail: `act` says how, or nothing where it goes well. */
function watchedFiles(
  directory: string,
  act: (bytes?: Buffer) => { readonly written: number } | undefined,
): TrailFiles {
  const files = openTrailFiles(directory)
  const fail = (): never => {
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  }
  const wrap = (file: SegmentFile): SegmentFile => ({
    descriptor: file.descriptor,
    write(bytes) {
      const failure = act(bytes)
      if (failure === undefined) return file.write(bytes)
      file.write(bytes.subarray(0, failure.written))
      fail()
    },
    requirePlace: () => file.requirePlace(),
    close: () => file.close(),
  })
  return {
    ...files,
    create: (segment, beginning) => wrap(act() === undefined ? files.create(segment, beginning) : fail()),
    reopen: (segment, length) => wrap(files.reopen(segment, length)),
  }
}

for (const code of [
  'EROFS: read-only file system',
  'EACCES: permission denied',
  'ENOSPC: no space left',
  'EIO: i/o error',
]) {
  test(`[G61] append() fails for "${code}", says so, and works again by itself`, { concurrency: true }, async () => {
    const place = await newPlace()
    let isBroken = false
    const files = openTrailFiles(place.directory)
    const breakable =
      <A extends readonly unknown[], R>(work: (...given: A) => R) =>
      (...given: A): R => {
        if (isBroken) throw new Error(code)
        return work(...given)
      }
    const wrap = (file: SegmentFile): SegmentFile => ({
      descriptor: file.descriptor,
      write: breakable(bytes => file.write(bytes)),
      requirePlace: () => file.requirePlace(),
      close: () => file.close(),
    })
    await using trail = await open(place, {
      files: {
        ...files,
        create: breakable((segment: number, beginning: Buffer) => wrap(files.create(segment, beginning))),
      },
    })
    await trail.append([event('before')])

    isBroken = true
    await assert.rejects(trail.append([event('lost')]), /cannot be written/)
    await assert.rejects(trail.append([event('refused')]), new RegExp(code))
    const health = trail.health()
    isBroken = false
    while (trail.health().kind !== 'healthy') await delay(20)
    await trail.append([event('after')])

    assert.deepEqual(health, { kind: 'failing', reason: code })
    await trail[Symbol.asyncDispose]()
    assert.deepEqual([...recorded(place).keys()], ['before', 'after'])
    assert.equal((await verifyTrail({ ...place, keyRing })).fault, undefined)
  })
}

test('[G61] append() with synced gives no answer for as long as the device hangs', async () => {
  const place = await newPlace()
  const thread = openSyncThread()
  const hanging = Promise.withResolvers<void>()
  const syncThread: SyncThread = {
    async sync(descriptor) {
      await hanging.promise
      await thread.sync(descriptor)
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
  await using trail = await open(place, { durability: 'synced', syncThread })
  let isAnswered = false

  const answer = trail.append([event('late')]).then(() => (isAnswered = true))
  await trail.append([event('written')], { synced: false })

  assert.equal(isAnswered, false)
  hanging.resolve()
  await answer
  assert.deepEqual([...recorded(place).keys()], ['late', 'written'])
})

test('[J76] whichever act on the files fails, however much was written, what was acknowledged is there once', async () => {
  const acts = fc.array(fc.option(fc.nat(400), { freq: 3, nil: undefined }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(
      acts,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
      async (plan, batches) => {
        const place = await newPlace()
        let turn = 0
        const files = watchedFiles(place.directory, (bytes = Buffer.alloc(0)) => {
          const written = plan[turn++]
          return written === undefined ? undefined : { written: Math.min(written, bytes.length) }
        })
        const acknowledged: string[] = []
        {
          await using trail = await open(place, { files, segmentBytes: 1_200 })
          for (const [index, count] of batches.entries()) {
            const names = Array.from({ length: count }, (_, each) => `${index}.${each}`)
            const outcomes = await Promise.allSettled(names.map(name => trail.append([event(name)])))
            acknowledged.push(...names.filter((_, each) => outcomes[each]!.status === 'fulfilled'))
          }
        }

        // The next start, on a file system that works again.
        await using again = await open(place)
        await again.append([event('afterwards')])
        await again[Symbol.asyncDispose]()

        const { fault, records } = await verifyTrail({ ...place, keyRing })
        assert.equal(fault, undefined)
        const found = recorded(place)
        for (const name of [...acknowledged, 'afterwards']) assert.ok(found.has(name), `${name} is there`)
        assert.ok(records > acknowledged.length && records <= batches.reduce((sum, count) => sum + count, 1))
      },
    ),
    { seed: 20_261_124, numRuns: 20 },
  )
})

test('[J79] records stand in the order in which they came, however the clock jumps, and all of them are found', async () => {
  const place = await newPlace()
  const at = [
    '2026-11-24T12:00:00Z',
    '2026-11-24T11:00:00Z',
    '2027-11-24T12:00:00Z',
    '2026-11-24T12:00:00Z',
    '2026-11-24T12:00:01Z',
  ]
  await using trail = await open(place)

  for (const [index, time] of at.entries())
    await trail.append([{ line: event(String(index)).line.replace('1970-01-01T00:00:00Z', time) }])

  const { events } = await trail.lookup({ account: '111122223333', region: 'us-west-2', limit: 10 })
  assert.deepEqual([...recorded(place).keys()], ['0', '1', '2', '3', '4'])
  assert.equal(events.length, at.length)
  await trail[Symbol.asyncDispose]()
  assert.equal((await verifyTrail({ ...place, keyRing })).fault, undefined)
})

test('[G66] a segment that is a link or a device is neither made nor gone on in', async () => {
  const place = await newPlace()
  {
    await using trail = await open(place)
    await trail.append([event('a')])
  }
  const [first, elsewhere] = [join(place.directory, segmentName(1)), join(root, 'elsewhere')]
  copyFileSync(first, elsewhere)
  const before = statSync(elsewhere).size
  rmSync(first)
  symlinkSync(elsewhere, first)

  await assert.rejects(open(place), /ELOOP/)

  const fresh = await newPlace()
  mkdirSync(fresh.directory)
  for (const target of [join(root, 'never'), '/dev/null']) {
    symlinkSync(target, join(fresh.directory, segmentName(1)))
    assert.throws(() => openTrailFiles(fresh.directory).create(1, Buffer.of()), /EEXIST/)
    rmSync(join(fresh.directory, segmentName(1)))
  }
  assert.equal(statSync(elsewhere).size, before)
  assert.ok(!existsSync(join(root, 'never')))
})

test('[G66] a link in the place of an earlier segment, or of the folder, is not taken for it', async () => {
  const place = await newPlace()
  {
    await using trail = await open(place)
    await trail.append([event('a')])
  }
  const linked = join(root, 'linked')
  symlinkSync(place.directory, linked)
  symlinkSync(join(place.directory, segmentName(1)), join(place.directory, segmentName(2)))

  assert.throws(() => openTrailFiles(place.directory).sync([2]), /ELOOP/)
  assert.throws(() => openTrailFiles(linked).sync([]), /ELOOP/)
})
