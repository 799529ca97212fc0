import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { ThreadPool } from './thread-pool.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const job = { key: privateKey, input: Buffer.alloc(256, 1) }

test('ThreadPool starts another thread when one has died, and tells whoever waited for it', async () => {
  const settings = { niceness: 0 }
  await using threads = new ThreadPool(settings)

  // No such niceness: the thread dies at once.
  settings.niceness = 0.5
  await assert.rejects(threads.compute('rsaPrivate', job), { name: 'ThreadError', message: /^A thread / })
  settings.niceness = 0

  assert.equal((await threads.compute('rsaPrivate', job)).length, 256)
})

test('ThreadPool tells whoever gives it what cannot be copied, and keeps the thread', async () => {
  await using threads = new ThreadPool({ niceness: 0 })
  const uncopied = { ...job, unknown: () => assert.fail('a function cannot be copied') }

  await assert.rejects(threads.compute('rsaPrivate', uncopied), { name: 'ThreadError' })

  assert.equal((await threads.compute('rsaPrivate', job)).length, 256)
})

test('ThreadPool hands results over without leaving a copy, at their own length', async () => {
  await using threads = new ThreadPool({ niceness: 0 })

  const pkcs8 = await threads.compute('generateRsa', { modulusLength: 2_048 })

  assert.equal(pkcs8.byteLength, pkcs8.buffer.byteLength)
})

// Elsewhere threads have no niceness of their own.
if (process.platform === 'linux') {
  test('ThreadPool gives threads their niceness, and the process keeps its own', async () => {
    await using threads = new ThreadPool({ niceness: 10 })
    const own = getPriority()

    await threads.compute('rsaPrivate', job)

    const niceness = readdirSync('/proc/self/task').map(id =>
      Number(
        readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')[16],
      ),
    )
    assert.equal(getPriority(), own)
    assert.equal(niceness.filter(value => value === 10).length, 1)
  })
}

test('ThreadPool hands over what a computation needs and nothing that lies beside it in memory', async t => {
  const post = t.mock.method(Worker.prototype, 'postMessage')
  await using threads = new ThreadPool({ niceness: 0 })
  const [beside, input] = [Buffer.from('of another request'), Buffer.from(job.input.toString('base64'), 'base64')]
  assert.equal(beside.buffer, input.buffer)

  await threads.compute('rsaPrivate', { ...job, input })

  const order = post.mock.calls[0]!.arguments[0] as { readonly input: { readonly input: Uint8Array } }
  // What is handed over is here no longer.
  assert.equal(order.input.input.buffer.byteLength, 0)
  assert.deepEqual(input, job.input)
})

test('ThreadPool computes nothing once it is disposed', async () => {
  const threads = new ThreadPool({ niceness: 0 })
  await threads[Symbol.asyncDispose]()

  await assert.rejects(threads.compute('rsaPrivate', job), { message: 'The threads are closed' })
})

test('ThreadPool keeps a process alive while it computes, and no longer', async () => {
  const program = `
    import { ThreadPool } from ${JSON.stringify(new URL('./thread-pool.ts', import.meta.url).href)}
    const made = await new ThreadPool({ niceness: 0 }).compute('generateRsa', { modulusLength: 2048 })
    console.log(made.length > 1000)`

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 30_000,
  })

  assert.equal(stdout, 'true\n')
})
