// Throughput, latency and processor time: all servers in turn, round after round, so that what the machine does meanwhile hits all.
import { Client } from './load.ts'
import type { Load, Measured } from './load.ts'
import { answerTo, inputOf, signedRequest } from './requests.ts'
import type { Operation } from './requests.ts'
import { processorSeconds, startSubject, startYardstick } from './subjects.ts'
import type { Subject } from './subjects.ts'
import { median, table } from './report.ts'

const concurrencies = [1, 16, 64] as const

export interface Round extends Measured {
  /** Microseconds of the server's processor time. */
  readonly processorMicros: number
}

export interface ThroughputOptions {
  readonly seconds: number
  readonly rounds: number
  readonly operations: readonly Operation[]
}

export async function measureThroughput(options: ThroughputOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const subjects: Subject[] = []
  for (const start of [
    () => startYardstick('bare'),
    () => startYardstick('floor'),
    () => startSubject('written'),
    () => startSubject('synced'),
  ]) {
    subjects.push(stack.use(await start()))
  }
  const written = subjects.find(subject => subject.name === 'written')!
  for (const operation of options.operations) {
    const answerBytes = (await answerTo(written, await requestFor(written, operation, 0))).length
    const rows: string[][] = []
    for (const connections of concurrencies) {
      process.stderr.write(`${operation}, ${connections} connections\n`)
      const rounds = new Map<Subject, Round[]>(subjects.map(subject => [subject, []]))
      for (let round = -1; round < options.rounds; round++) {
        for (const subject of subjects) {
          const request = await requestFor(subject, operation, answerBytes)
          // The first round warms up and is not counted.
          const seconds = round < 0 ? options.seconds / 2 : options.seconds
          const measured = await measure(subject, { request, connections, seconds })
          if (round >= 0) rounds.get(subject)!.push(measured)
        }
      }
      rows.push(...subjects.map(subject => rowOf(subject, connections, rounds)))
    }
    console.log(`\n${operation}, an answer of ${answerBytes} bytes\n`)
    console.log(
      table(['connections', 'server', '/s', 'of bare', 'of floor', 'of written', 'CPU µs', 'p50 ms', 'p99 ms'], rows),
    )
  }
  await measureHalfLoad(subjects, options.seconds)
}

async function requestFor(subject: Subject, operation: Operation, answerBytes: number): Promise<Buffer> {
  return signedRequest(subject, operation, await inputOf(subject, operation), answerBytes)
}

/** Loads a subject, and counts the processor time that it takes. */
export async function measure(subject: Subject, load: Load): Promise<Round> {
  // Connections of its own for each measurement: a server ends those that nobody uses.
  using client = await Client.open(subject.target, load.connections)
  const before = processorSeconds(subject.processId)
  const measured = await client.run(load)
  const used = processorSeconds(subject.processId) - before
  return { ...measured, processorMicros: (used * 1e6) / measured.answers }
}

/** Ratios are of the same round, and then the median of all rounds: the machine is noisy, and noise comes in stretches. */
function rowOf(subject: Subject, connections: number, rounds: ReadonlyMap<Subject, readonly Round[]>): string[] {
  const own = rounds.get(subject)!
  const ratioTo = (name: string): string => {
    const other = [...rounds].find(([each]) => each.name === name)![1]
    return median(own.map((round, index) => round.perSecond / other[index]!.perSecond)).toFixed(2)
  }
  return [
    String(connections),
    subject.name,
    median(own.map(round => round.perSecond)).toFixed(0),
    ratioTo('bare'),
    ratioTo('floor'),
    ratioTo('written'),
    median(own.map(round => round.processorMicros)).toFixed(0),
    median(own.map(round => round.p50)).toFixed(2),
    median(own.map(round => round.p99)).toFixed(2),
  ]
}

/** Latency at half of the throughput that 64 connections reach: requests come on time, whether earlier ones are answered or not. */
async function measureHalfLoad(subjects: readonly Subject[], seconds: number): Promise<void> {
  const rows: string[][] = []
  for (const subject of subjects) {
    using client = await Client.open(subject.target, 64)
    const request = await requestFor(subject, 'Encrypt', 400)
    const full = await client.run({ request, connections: 64, seconds })
    const rate = full.perSecond / 2
    const half = await client.run({ request, connections: 64, seconds: seconds * 3, rate })
    rows.push([
      subject.name,
      rate.toFixed(0),
      half.perSecond.toFixed(0),
      half.p50.toFixed(2),
      half.p99.toFixed(2),
      (half.p99 / half.p50).toFixed(1),
    ])
  }
  console.log('\nEncrypt at half load\n')
  console.log(table(['server', 'due /s', 'answered /s', 'p50 ms', 'p99 ms', 'p99 of p50'], rows))
}
