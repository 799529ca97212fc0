// The servers that are compared, each a process of its own.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { allow, makeUser } from '../test/e2e/user.ts'
import { makePrivateNetwork } from '../test/private-network.ts'
import { cleanVariables, startPostern } from '../test/start-postern.ts'
import type { Credentials } from '../test/start-postern.ts'
import type { Target } from './load.ts'

/** A server under measurement. */
export interface Subject extends AsyncDisposable {
  readonly name: string
  readonly target: Target
  readonly processId: number
  readonly credentials: Credentials
  /** ARN of the key to work with. */
  readonly keyId: string
}

const made: Credentials = { accessKeyId: 'AKIAFLOORFLOORFLOOR1', secretAccessKey: 'the secret of the floor' }

/** One of the two yardsticks: `bare` or `floor`. */
export async function startYardstick(name: 'bare' | 'floor'): Promise<Subject> {
  const child = spawn(process.execPath, [new URL(`${name}-server.ts`, import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...cleanVariables(),

      FLOOR_SECRET: made.secretAccessKey,
    },
  })
  const port = Number(await firstLine(child))
  return {
    name,
    target: { host: '127.0.0.1', port },
    processId: child.pid!,
    credentials: made,
    keyId: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    [Symbol.asyncDispose]: () => end(child),
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line
  throw new Error('The yardstick server did not start')
}

function end(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** A Postern that is asked through the door of an endpoint, by a user with a policy of its own. */
export async function startSubject(durability: 'written' | 'synced'): Promise<Subject> {
  const postern = await startPostern({ words: ['--trail-durability', durability, '--log-level', 'warn'] })
  const { ec2, iam, kms } = postern.clients(await postern.administrator())
  const { url } = await makePrivateNetwork(postern, ec2)
  const { credentials } = await makeUser(iam, 'load', allow('kms:*'))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const { hostname, port } = new URL(url)
  return {
    name: durability,
    target: { host: hostname, port: Number(port) },
    processId: postern.processId,
    credentials,
    keyId: KeyMetadata!.Arn!,
    [Symbol.asyncDispose]: () => postern[Symbol.asyncDispose](),
  }
}

/** Processor time that a process has used with all its threads, in seconds. */
export function processorSeconds(processId: number): number {
  const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const ticksPerSecond = 100
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory of a process, in MiB. */
export function residentMebibytes(processId: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))
  return Number(line![1]) / 1_024
}
