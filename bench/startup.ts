// Start-up to the first answer and resident memory, with an empty store and with 100,000 keys.
import { setTimeout as delay } from 'node:timers/promises'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { systemRandom } from '../src/base/index.ts'
import { createKey, defaultKeyPolicy, newKeyName } from '../src/keys/index.ts'
import { dataFiles, openKeyRingOf } from '../src/server/index.ts'
import { openSqliteStore } from '../src/storage/index.ts'
import { boundedWork } from '../src/threads/index.ts'
import { allow, makeUser } from '../test/e2e/user.ts'
import { startPostern } from '../test/start-postern.ts'
import type { Credentials, Postern } from '../test/start-postern.ts'
import { answerTo, signedRequest } from './requests.ts'
import { median, table } from './report.ts'
import { residentMebibytes } from './subjects.ts'
import type { Subject } from './subjects.ts'

interface Installation extends AsyncDisposable {
  readonly name: string
  readonly postern: Postern
  readonly credentials: Credentials
  readonly keyId: string
}

export async function measureStartup(options: { readonly keys: number; readonly rounds: number }): Promise<void> {
  await using empty = await install('empty')
  await using full = await install(`${options.keys} keys`)
  await fill(full, options.keys)
  const times = new Map<Installation, number[]>([
    [empty, []],
    [full, []],
  ])
  const memory = new Map<Installation, number>()
  for (let round = 0; round < options.rounds; round++) {
    for (const [installation, millis] of times) {
      process.stderr.write(`start-up, ${installation.name}, round ${round + 1} of ${options.rounds}\n`)
      millis.push(await timeToFirstAnswer(installation))
      memory.set(installation, residentMebibytes(installation.postern.processId))
      await installation.postern.stop()
    }
  }
  const base = times.get(empty)!
  const rows = [...times].map(([installation, millis]) => [
    installation.name,
    median(millis).toFixed(0),
    median(millis.map((each, index) => each / base[index]!)).toFixed(2),
    memory.get(installation)!.toFixed(0),
  ])
  console.log('\nFrom the start of the process to its first answer (DescribeKey)\n')
  console.log(table(['store', 'ms', 'of empty', 'resident MiB'], rows))
}

async function install(name: string): Promise<Installation> {
  const postern = await startPostern({ words: ['--log-level', 'warn'] })
  const { iam, kms } = postern.clients(await postern.administrator())
  const { credentials } = await makeUser(iam, 'load', allow('kms:*'))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  await postern.stop()
  return {
    name,
    postern,
    credentials,
    keyId: KeyMetadata!.Arn!,
    [Symbol.asyncDispose]: () => postern[Symbol.asyncDispose](),
  }
}

/** Puts keys into a stopped server's store, as CreateKey would. */
async function fill({ postern, keyId }: Installation, count: number): Promise<void> {
  const [, , , region = '', account = ''] = keyId.split(':')
  await using store = await openSqliteStore(dataFiles.store(postern.dataDirectory))
  const rootKey = { kind: 'file', path: postern.rootKey } as const
  const { keyRing } = await openKeyRingOf(store, { rootKey, dataDirectory: postern.dataDirectory }, undefined)
  const wanted = {
    account,
    region,
    description: 'one of many',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    policy: defaultKeyPolicy(account),
    tags: [],
  } as const
  const batch = 1_000
  for (let done = 0; done < count; done += batch) {
    if (done % 10_000 === 0) process.stderr.write(`${done} of ${count} keys\n`)
    const needs = { random: systemRandom, work: boundedWork(1), keyRing, now: Date.now() }
    const keys = Array.from({ length: batch }, () =>
      createKey(wanted, newKeyName(account, region, systemRandom), needs),
    )
    await store.commit({ writes: (await Promise.all(keys)).flatMap(({ writes }) => writes) })
  }
}

/** Milliseconds from the start of the process to an answer at the public door. */
async function timeToFirstAnswer({ postern, credentials, keyId }: Installation): Promise<number> {
  const subject: Subject = {
    name: 'start',
    target: { host: '127.0.0.1', port: postern.apiPort },
    processId: 0,
    credentials,
    keyId,
    [Symbol.asyncDispose]: async () => {},
  }
  const request = signedRequest(subject, 'DescribeKey', { KeyId: keyId })
  const started = performance.now()
  const ready = postern.start()
  for (;;) {
    const answer = await answerTo(subject, request).catch(() => undefined)
    if (answer?.includes('KeyMetadata') === true) break
    await delay(2)
  }
  const elapsed = performance.now() - started
  await ready
  return elapsed
}
