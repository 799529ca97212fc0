import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './aws-client.ts'
import type { Variables } from './aws-client.ts'

const program = fileURLToPath(new URL('../../../bin/postern.js', import.meta.url))

/** A Postern that is started for the demo, in a folder that is removed afterwards. */
export class DemoServer implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-demo-'))
  readonly #ports: readonly [number, number, number, number]
  #child: ChildProcess | undefined

  private constructor(ports: readonly [number, number, number, number]) {
    this.#ports = ports
  }

  /** Takes free ports; in a namespace of its own the standard ones for endpoints and names. */
  static async open(options: { readonly standardPorts: boolean }): Promise<DemoServer> {
    const [api, endpoint, resolver, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()]
    return new DemoServer(options.standardPorts ? [api, 443, 53, metrics] : [api, endpoint, resolver, metrics])
  }

  get endpointPort(): number {
    return this.#ports[1]
  }

  get words(): readonly string[] {
    const [api, endpoint, resolver, metrics] = this.#ports
    return [
      'serve',
      ...this.dataOption,
      '--root-key',
      join(this.folder, 'root.key'),
      '--api',
      `127.0.0.1:${api}`,
      '--region',
      'us-west-2',
      '--network',
      'loopback',
      '--endpoint-port',
      String(endpoint),
      '--resolver-port',
      String(resolver),
      '--metrics',
      `127.0.0.1:${metrics}`,
      '--log-level',
      'warn',
    ]
  }

  get dataOption(): readonly string[] {
    return ['--data-dir', join(this.folder, 'data')]
  }

  async start(): Promise<void> {
    this.#child = spawn(process.execPath, [program, ...this.words], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: cleanVariables(),
    })
    const status = await this.postern('status', '--wait', '30')
    if (status.status !== 0) throw new Error(`The server did not start: ${status.error}`)
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  /** Runs a command of `postern` on this server's data directory. */
  postern(...words: readonly string[]): ReturnType<typeof run> {
    return run(process.execPath, [program, ...words, ...this.dataOption], cleanVariables())
  }

  /** What `postern env` says, as variables. */
  async environment(...options: readonly string[]): Promise<Variables> {
    const { status, out, error } = await this.postern('env', '--json', ...options)
    if (status !== 0) throw new Error(error)
    return { ...cleanVariables(), ...(JSON.parse(out) as Variables) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The environment without what would send calls, or the server's settings, elsewhere. */
function cleanVariables(): Variables {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|POSTERN_|NODE_OPTIONS|NODE_EXTRA_CA_CERTS)/.test(name)),
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('No free port')),
      )
    })
  })
}
