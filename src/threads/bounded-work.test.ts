import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SlowWorkFullError } from '../crypto/index.ts'
import { boundedWork } from './bounded-work.ts'

/** A job that ends when it is told to, and tells whether it has begun. */
function heldJob(): { readonly run: () => Promise<string>; readonly end: () => void; hasBegun: boolean } {
  const { promise, resolve } = Promise.withResolvers<string>()
  const job = {
    hasBegun: false,
    run() {
      job.hasBegun = true
      return promise
    },
    end: () => resolve('done'),
  }
  return job
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const rsaJob = { key: privateKey, input: Buffer.alloc(256, 1) }

test('boundedWork() runs as many jobs at a time as it may, the others when one has ended', async () => {
  await using work = boundedWork(2)
  const jobs = Array.from({ length: 4 }, heldJob)

  const answers = jobs.map(job => work.run(job.run))
  assert.deepEqual(
    jobs.map(({ hasBegun }) => hasBegun),
    [true, true, false, false],
  )
  jobs[1]!.end()
  await answers[1]
  await nextTurn()

  assert.deepEqual(
    jobs.map(({ hasBegun }) => hasBegun),
    [true, true, true, false],
  )
  for (const job of jobs) job.end()
  assert.deepEqual(await Promise.all(answers), ['done', 'done', 'done', 'done'])
})

test('boundedWork() gives back what a job threw, and goes on', async () => {
  await using work = boundedWork(1)

  await assert.rejects(
    work.run(() => Promise.reject(new Error('of the job'))),
    { message: 'of the job' },
  )

  assert.equal(await work.run(() => Promise.resolve(1)), 1)
})

test('boundedWork() lets accounts take turns', async () => {
  await using work = boundedWork(1)
  const order: string[] = []
  const held = heldJob()
  const first = work.run(held.run)
  const enter = (account: string, name: string): Promise<unknown> =>
    work.forAccount(account).run(() => Promise.resolve(order.push(name)))

  const answers = [enter('a', 'a1'), enter('a', 'a2'), enter('a', 'a3'), enter('b', 'b1')]
  held.end()
  await Promise.all([first, ...answers])

  assert.deepEqual(order, ['a1', 'b1', 'a2', 'a3'])
})

test('boundedWork() refuses a job too many, of all or of one account, and takes others again when it has room', async () => {
  await using work = boundedWork(1, { short: { waiting: 3, waitingPerAccount: 2 } })
  const held = heldJob()
  const enter = (account: string): Promise<number> => work.forAccount(account).run(() => Promise.resolve(1))
  const running = work.run(held.run)

  const waiting = [enter('a'), enter('a')]
  await assert.rejects(enter('a'), SlowWorkFullError)
  waiting.push(enter('b'))
  await assert.rejects(enter('c'), SlowWorkFullError)
  held.end()

  assert.deepEqual(await Promise.all([...waiting, running]), [1, 1, 1, 'done'])
  assert.equal(await enter('c'), 1)
})

test('boundedWork() signs while keys of seconds are made, and makes them while it signs', async () => {
  await using work = boundedWork(1)
  const order: string[] = []
  const note = (name: string): void => void order.push(name)

  const keys = Array.from({ length: 3 }, () => work.compute('generateRsa', { modulusLength: 3_072 }))
  const made = keys.map(key => key.then(() => note('key')))
  const signatures = Array.from({ length: 20 }, () => work.compute('rsaPrivate', rsaJob))
  await Promise.all(signatures)
  note('signatures')
  await Promise.all(made)

  // The one key that may be done by then is the first.
  assert.ok(order.indexOf('signatures') <= 1, order.join())
})

test('boundedWork() leaves the event loop free while its threads compute', async () => {
  await using work = boundedWork(1)
  await work.compute('rsaPrivate', rsaJob)
  let turns = 0
  const countTurns = (): void => {
    turns++
    next = setImmediate(countTurns)
  }
  let next = setImmediate(countTurns)

  await Promise.all(Array.from({ length: 50 }, () => work.compute('rsaPrivate', rsaJob)))
  clearImmediate(next)

  // Blocked, it would have had one turn for each job at most.
  assert.ok(turns > 200, `${turns} turns`)
})

test('boundedWork() gives an error for a computation that fails, and goes on in the same thread', async () => {
  await using work = boundedWork(1)

  await assert.rejects(work.compute('rsaPrivate', { ...rsaJob, input: Buffer.alloc(1) }), { name: 'ThreadError' })

  assert.equal((await work.compute('rsaPrivate', rsaJob)).length, 256)
})

test('boundedWork() refuses what waits and what comes once it is disposed', async () => {
  const work = boundedWork(1)
  const held = heldJob()
  const running = work.run(held.run)
  const waiting = work.run(() => Promise.resolve(1))

  const refused = assert.rejects(waiting, { message: 'Slow work is closed' })
  await work[Symbol.asyncDispose]()
  await refused
  await assert.rejects(
    work.run(() => Promise.resolve(1)),
    { message: 'Slow work is closed' },
  )
  held.end()
  assert.equal(await running, 'done')
})
