// Whether slow cryptography starves the quick: Encrypt alone, beside a flood of RSA-4096 signatures, and beside a hundred RSA-4096 keys.
import { Client } from './load.ts'
import type { Measured } from './load.ts'
import { ask, inputOf, signedRequest } from './requests.ts'
import { startSubject } from './subjects.ts'
import type { Subject } from './subjects.ts'
import { median, table } from './report.ts'

const connections = 16
const queuedKeys = 100
const rsaKey = { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }

interface Round {
  readonly alone: Measured
  readonly beside: Measured
  /** Slow answers in the same time. */
  readonly slowAnswers: number
}

/** Encrypt's throughput beside slow work, of what it is alone in the same round. */
export async function measureStarvation({
  seconds,
  rounds,
}: {
  readonly seconds: number
  readonly rounds: number
}): Promise<void> {
  await using subject = await startSubject('written')
  const { KeyMetadata } = await ask<{ KeyMetadata: { Arn: string } }>(subject, 'CreateKey', rsaKey)
  const kinds = [
    ['16 connections of RSA-4096 Sign', rounds, () => besideSignatures(subject, KeyMetadata.Arn, seconds)],
    // Once, and last: a hundred keys take minutes, and what is queued is still there afterwards.
    [`${queuedKeys} queued RSA-4096 CreateKey`, 1, () => besideKeys(subject, seconds)],
  ] as const
  const rows: string[][] = []
  for (const [name, times, measureBeside] of kinds) {
    process.stderr.write(`Encrypt beside ${name}\n`)
    const measured: Round[] = []
    await encrypt(subject, seconds)
    for (let round = 0; round < times; round++) {
      const alone = await encrypt(subject, seconds)
      measured.push({ alone, ...(await measureBeside()) })
    }
    rows.push(rowOf(name, measured))
  }
  console.log(`\nEncrypt with ${connections} connections, beside slow work\n`)
  console.log(table(['beside', 'alone /s', 'beside it /s', 'ratio', 'p99 alone ms', 'p99 ms', 'slow answers'], rows))
}

function rowOf(name: string, measured: readonly Round[]): string[] {
  const middle = (value: (round: Round) => number, digits: number): string =>
    median(measured.map(value)).toFixed(digits)
  return [
    name,
    middle(({ alone }) => alone.perSecond, 0),
    middle(({ beside }) => beside.perSecond, 0),
    middle(({ alone, beside }) => beside.perSecond / alone.perSecond, 2),
    middle(({ alone }) => alone.p99, 2),
    middle(({ beside }) => beside.p99, 2),
    middle(({ slowAnswers }) => slowAnswers, 0),
  ]
}

async function encrypt(subject: Subject, seconds: number): Promise<Measured> {
  using client = await Client.open(subject.target, connections)
  const request = signedRequest(subject, 'Encrypt', await inputOf(subject, 'Encrypt'))
  // Awaited here: the connections are closed when this returns.
  return await client.run({ request, connections, seconds })
}

async function besideSignatures(subject: Subject, KeyId: string, seconds: number): Promise<Omit<Round, 'alone'>> {
  using client = await Client.open(subject.target, connections)
  const input = { KeyId, Message: Buffer.alloc(32, 7).toString('base64'), SigningAlgorithm: 'RSASSA_PSS_SHA_256' }
  const request = signedRequest(subject, 'Sign', input)
  const [beside, slow] = await Promise.all([
    encrypt(subject, seconds),
    client.run({ request, connections, seconds: seconds + 0.2 }),
  ])
  return { beside, slowAnswers: slow.answers }
}

/** Nobody waits for the keys: the server is stopped before they are all made. */
async function besideKeys(subject: Subject, seconds: number): Promise<Omit<Round, 'alone'>> {
  let slowAnswers = 0
  const count = (): number => slowAnswers++
  for (let key = 0; key < queuedKeys; key++) ask(subject, 'CreateKey', rsaKey).then(count, () => {})
  const beside = await encrypt(subject, seconds)
  return { beside, slowAnswers }
}
