// Servers with network namespaces, started in the ways that this machine and this user have, and workloads in their VPCs.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findHolder, installationOf, namespaceName } from '../src/network/index.ts'
import { enterWords } from '../src/network/netns/holder.ts'
import { Postern, cleanVariables, freePorts, program } from './start-postern.ts'
import type { Credentials, Finished, Variables } from './start-postern.ts'

/** How a server comes to its namespaces: root starts it and it runs as another user, or it has a user namespace. */
export type Way = 'started by root' | 'without root'

const isRoot = process.getuid?.() === 0

/** Root can try both. */
export const ways: readonly Way[] = isRoot ? ['started by root', 'without root'] : ['without root']

// Debian's "nobody", and that of most others.
const nobody = 65_534

/** A workload as it was attached. */
export interface Workload {
  readonly namespace: string
  readonly interfaceId: string
  readonly address: string
}

/** A server with network namespaces. */
export class NetnsPostern implements AsyncDisposable {
  readonly postern: Postern
  readonly #way: Way
  readonly #made: string[] = []

  private constructor(way: Way, postern: Postern) {
    this.#way = way
    this.postern = postern
  }

  static async start(way: Way, words: readonly string[] = []): Promise<NetnsPostern> {
    const isOther = way === 'without root' && isRoot
    const [api, , , metrics] = await freePorts()
    const options = { words: ['--network', 'netns', ...words], ...(isOther ? { userId: nobody } : {}) }
    const postern = new Postern(options, [api, 443, 53, metrics])
    mkdirSync(postern.dataDirectory, { mode: 0o700 })
    // By the data directory's owner root chooses whom the server runs as.
    if (isRoot) for (const folder of [postern.folder, postern.dataDirectory]) chownSync(folder, nobody, nobody)
    const started = new NetnsPostern(way, postern)
    await postern.start()
    return started
  }

  /** The server's process: where root has started it, not the one that was started. */
  get serverProcessId(): number {
    return Number(readFileSync(join(this.postern.dataDirectory, 'lock.pid'), 'utf8'))
  }

  /** The process that keeps the namespaces where they are not root's. */
  get holderProcessId(): number | undefined {
    return findHolder(this.postern.dataDirectory)?.processId
  }

  /** The name of a VPC's namespace. */
  namespaceOf(window: number): string {
    return namespaceName(installationOf(this.postern.dataDirectory), window)
  }

  /** Runs a command where the namespaces have their names; it may fail. */
  async run(
    words: readonly string[],
    options: { readonly input?: string; readonly variables?: Variables } = {},
  ): Promise<Finished> {
    const holder = this.#way === 'without root' ? findHolder(this.postern.dataDirectory) : undefined
    return this.#spawn([...(holder === undefined ? [] : enterWords(holder)), ...words], options)
  }

  #spawn(
    [first, ...rest]: readonly string[],
    options: { readonly input?: string; readonly variables?: Variables } = {},
  ): Promise<Finished> {
    const isOther = this.#way === 'without root' && isRoot
    return new Promise((resolve, reject) => {
      const child = spawn(first!, rest, {
        env: { ...cleanVariables(), PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...options.variables },
        stdio: 'pipe',
        ...(isOther ? { uid: nobody, gid: nobody } : {}),
      })
      let [out, error] = ['', '']
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
      child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString('utf8')))
      child.once('error', reject)
      child.once('close', status => resolve({ status: status ?? 1, out, error }))
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
    })
  }

  /** Runs a command that must succeed. */
  async must(...words: readonly string[]): Promise<string> {
    const { status, out, error } = await this.run(words)
    assert.equal(status, 0, `${words.join(' ')}: ${error}`)
    return out
  }

  /** The namespaces that have names there. */
  async names(): Promise<readonly string[]> {
    return (await this.must('ip', 'netns', 'list')).split('\n').map(line => line.split(' ')[0]!)
  }

  async makeNamespace(name: string): Promise<void> {
    await this.must('ip', 'netns', 'add', name)
    this.#made.push(name)
  }

  /** Attaches a namespace of its own to a VPC: as the user whose server it is. */
  async attach(vpcId: string, name: string, groupIds: readonly string[], address?: string): Promise<Workload> {
    await this.makeNamespace(name)
    return this.reattach(vpcId, name, groupIds, address)
  }

  /** Attaches a namespace that is there; one that was attached before keeps its address. */
  async reattach(vpcId: string, name: string, groupIds: readonly string[], address?: string): Promise<Workload> {
    const groups = groupIds.flatMap(id => ['--security-group', id])
    const at = address === undefined ? [] : ['--address', address]
    const words = ['network', 'attach', '--vpc', vpcId, '--netns', name, ...groups, ...at, '--json']
    const directory = ['--data-dir', this.postern.dataDirectory]
    const { status, out, error } = await this.#spawn([process.execPath, program, ...words, ...directory])
    assert.equal(status, 0, error)
    return (JSON.parse(out) as { readonly workload: Workload }).workload
  }

  /** Asks KMS for its keys from inside a namespace: gives "served", the refusal's code, or why there was no connection. */
  async listKeys(
    namespace: string,
    credentials: Credentials,
    wish: { readonly address?: string; readonly from?: string } = {},
  ): Promise<string> {
    const client = join(import.meta.dirname, 'netns-client.ts')
    const { out, error } = await this.run(['ip', 'netns', 'exec', namespace, process.execPath, client], {
      input: JSON.stringify({ credentials, authority: this.postern.authority, ...wish }),
    })
    return out.trim() === '' ? error : out.trim()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.postern.stop()
    for (const name of this.#made) await this.run(['ip', 'netns', 'delete', name])
    const { status, error } = await this.postern.postern('network', 'clean', '--yes')
    await this.postern[Symbol.asyncDispose]()
    assert.equal(status, 0, error)
  }
}
