// A started Postern for tests, used as people use it: a process of its own, reached by standard AWS clients.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { STSClient } from '@aws-sdk/client-sts'
import { freePort } from '../src/cli/demo/free-port.ts'

export const repository = join(import.meta.dirname, '..')
export const program = join(repository, 'bin/postern.js')

export type Variables = Readonly<Record<string, string | undefined>>

/** What a program left behind. */
export interface Finished {
  readonly status: number
  readonly out: string
  readonly error: string
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Where and how clients connect. */
export interface Reach {
  /** Of KMS; the public door if not given. */
  readonly kmsUrl?: string
  /** The address that connections come from. */
  readonly localAddress?: string
  /** That requests are signed for; the server's first if not given. */
  readonly region?: string
  /** How names are resolved; the system's way if not given. */
  readonly lookup?: LookupFunction
}

/** One client of each service, disposed of together. */
export interface Clients {
  readonly kms: KMSClient
  readonly ec2: EC2Client
  readonly iam: IAMClient
  readonly sts: STSClient
  readonly cloudtrail: CloudTrailClient
}

export interface PosternOptions {
  /** More words for `postern serve`. */
  readonly words?: readonly string[]
  readonly variables?: Variables
  /** Number of the user (and group) that the server is started as; ours if not given. */
  readonly userId?: number
}

/** Starts a Postern on free ports, in a folder of its own that is removed with it. */
export async function startPostern(options: PosternOptions = {}): Promise<Postern> {
  const postern = new Postern(options, await freePorts())
  await postern.start()
  return postern
}

/** Of the API, the endpoints, the resolvers and the metrics. */
export type Ports = readonly [api: number, endpoint: number, resolver: number, metrics: number]

/** The words of `postern serve`; without a root key file where none is named. */
export function serveWords(options: {
  readonly dataDirectory: string
  readonly rootKey?: string
  readonly ports: Ports
}): readonly string[] {
  const { dataDirectory, rootKey, ports } = options
  const [api, endpoint, resolver, metrics] = ports
  const settings = {
    'data-dir': dataDirectory,
    ...(rootKey === undefined ? {} : { 'root-key': rootKey }),
    api: `127.0.0.1:${api}`,
    region: 'us-west-2',
    'endpoint-port': endpoint,
    'resolver-port': resolver,
    metrics: `127.0.0.1:${metrics}`,
  }
  return ['serve', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])]
}

export class Postern implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-test-'))
  readonly dataDirectory = join(this.folder, 'data')
  readonly rootKey = join(this.folder, 'root.key')
  readonly region = 'us-west-2'
  readonly apiPort: number
  readonly endpointPort: number
  readonly resolverPort: number
  readonly metricsPort: number
  readonly #options: PosternOptions
  readonly #words: readonly string[]
  readonly #clients: { destroy(): void }[] = []
  #child: ChildProcess | undefined
  #log = ''

  constructor(options: PosternOptions, ports: Ports) {
    const { dataDirectory, rootKey } = this
    const [api, endpoint, resolver, metrics] = ports
    this.#options = options
    this.#words = [...serveWords({ dataDirectory, rootKey, ports }), ...(options.words ?? [])]
    this.apiPort = api
    this.endpointPort = endpoint
    this.resolverPort = resolver
    this.metricsPort = metrics
  }

  get apiUrl(): string {
    return `https://127.0.0.1:${this.apiPort}`
  }

  /** What the server wrote to its standard error so far. */
  get log(): string {
    return this.#log
  }

  get processId(): number {
    return this.#child!.pid!
  }

  /** The certificate of the server's authority, PEM. */
  get authority(): string {
    return readFileSync(join(this.dataDirectory, 'ca.pem'), 'utf8')
  }

  async start(): Promise<void> {
    const { userId } = this.#options
    const child = spawn(process.execPath, [program, ...this.#words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...cleanVariables(), ...this.#options.variables },
      ...(userId === undefined ? {} : { uid: userId, gid: userId }),
    })
    child.stderr.on('data', (chunk: Buffer) => (this.#log += chunk.toString('utf8')))
    this.#child = child
    const deadline = Date.now() + 30_000
    for (;;) {
      // In short turns: a server that has ended is not waited for.
      const { status, error } = await this.postern('status', '--wait', '3')
      if (status === 0) return
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (hasEnded || Date.now() > deadline) throw new Error(`The server did not start: ${error}${this.#log}`)
    }
  }

  /** Ends the server; resolves with its exit code (`null` where a signal ended it). */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child!
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
    child.kill(signal)
    return ended
  }

  /** Runs `postern WORDS --data-dir …` to its end. */
  postern(...words: readonly string[]): Promise<Finished> {
    return this.run(process.execPath, [program, ...words, '--data-dir', this.dataDirectory])
  }

  /** Runs a program without the variables that would lead it elsewhere. */
  run(name: string, words: readonly string[], variables: Variables = {}): Promise<Finished> {
    return run(name, words, { ...cleanVariables(), ...variables })
  }

  /** What `postern env` prints, by name. */
  async environment(...words: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const { status, out, error } = await this.postern('env', '--json', ...words)
    if (status !== 0) throw new Error(error)
    return JSON.parse(out) as Record<string, string>
  }

  /** Credentials of an account's administrator role: of the first account if none is named. */
  async administrator(account?: string): Promise<Credentials> {
    return this.#credentials(account === undefined ? [] : ['--account', account])
  }

  /** Makes another account, and gives what its administrator works with. */
  async otherAccount(id: string): Promise<Clients> {
    const { status, error } = await this.postern('account', 'create', '--id', id, '--name', 'other')
    if (status !== 0) throw new Error(error)
    return this.clients(await this.administrator(id))
  }

  /** Credentials of an account's root user. */
  async root(): Promise<Credentials> {
    return this.#credentials(['--root'])
  }

  async #credentials(words: readonly string[]): Promise<Credentials> {
    const variables = await this.environment(...words)
    return {
      accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
      sessionToken: variables['AWS_SESSION_TOKEN']!,
    }
  }

  /** SDK clients that trust the server's authority. They try once. */
  clients(credentials: Credentials, { kmsUrl, localAddress, lookup, region = this.region }: Reach = {}): Clients {
    const options = {
      region,
      credentials: { ...credentials },
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: 5_000,
        requestTimeout: 20_000,
        httpsAgent: new Agent({
          ca: this.authority,
          keepAlive: true,
          ...(localAddress === undefined ? {} : { localAddress }),
          ...(lookup === undefined ? {} : { lookup }),
        }),
      },
    }
    const elsewhere = { ...options, endpoint: this.apiUrl }
    const clients = {
      kms: new KMSClient({ ...options, endpoint: kmsUrl ?? this.apiUrl }),
      ec2: new EC2Client(elsewhere),
      iam: new IAMClient(elsewhere),
      sts: new STSClient(elsewhere),
      cloudtrail: new CloudTrailClient(elsewhere),
    }
    this.#clients.push(...Object.values(clients))
    return clients
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Everything that the server has written to its trail so far. */
export function trailText({ dataDirectory }: Postern): string {
  const folder = join(dataDirectory, 'trail')
  return readdirSync(folder)
    .filter(name => name.endsWith('.log'))
    .sort()
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

/** Runs a program to its end. */
export function run(name: string, words: readonly string[], variables: Variables): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, words, { env: variables, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString('utf8')))
    child.once('error', reject)
    child.once('close', status => resolve({ status: status ?? 1, out, error }))
  })
}

/** The environment without what would send calls, or the server's settings, elsewhere; the cache of compiled code stays. */
export function cleanVariables(): Variables {
  const strange = /^(AWS_|POSTERN_|NODE_(?!COMPILE_CACHE$))/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !strange.test(name)))
}

/** Four ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(): Promise<Ports> {
  return [await freePort(), await freePort(), await freePort(), await freePort()]
}
