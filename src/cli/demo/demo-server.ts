import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Asker } from './aws-client.ts'
import { cleanVariables, clientVariables } from './clean-variables.ts'
import type { DemoFolder } from './demo-folder.ts'
import { freePort } from './free-port.ts'
import { endProgram } from './programs.ts'
import type { Finished, Programs } from './programs.ts'

/** The program that `postern` is. */
export const posternProgram = fileURLToPath(new URL('../../../bin/postern.js', import.meta.url))

const publicDoor = 'public door'

/** So long may the server take until it serves. */
const patienceMillis = 60_000

/** A Postern that is started for the demo, in the demo's folder. */
export class DemoServer implements AsyncDisposable {
  readonly dataDirectory: string
  readonly rootKey: string
  readonly endpointPort: number
  readonly resolverPort: number
  readonly #apiPort: number
  readonly #metricsPort: number
  readonly #folder: DemoFolder
  readonly #programs: Programs
  #child: ChildProcess | undefined

  private constructor(folder: DemoFolder, programs: Programs, ports: readonly [number, number, number, number]) {
    this.#folder = folder
    this.#programs = programs
    this.dataDirectory = join(folder.path, 'data')
    this.rootKey = join(folder.path, 'root.key')
    ;[this.#apiPort, this.#metricsPort, this.endpointPort, this.resolverPort] = ports
  }

  /** Takes free ports; in a namespace of its own the standard ones for endpoints and names. */
  static async prepare(
    folder: DemoFolder,
    programs: Programs,
    options: { readonly standardPorts: boolean },
  ): Promise<DemoServer> {
    const own = [await freePort(), await freePort()] as const
    const ports = options.standardPorts ? ([443, 53] as const) : ([await freePort(), await freePort()] as const)
    return new DemoServer(folder, programs, [...own, ...ports])
  }

  /** The words of `postern serve`. */
  get words(): readonly string[] {
    const settings = {
      'data-dir': this.dataDirectory,
      'root-key': this.rootKey,
      api: `127.0.0.1:${this.#apiPort}`,
      region: 'us-west-2',
      network: 'loopback',
      'endpoint-port': this.endpointPort,
      'resolver-port': this.resolverPort,
      metrics: `127.0.0.1:${this.#metricsPort}`,
    }
    return ['serve', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])]
  }

  /** The certificate of the server's authority. */
  get authority(): string {
    return join(this.dataDirectory, 'ca.pem')
  }

  /** Starts it, and gives what it printed once it served. */
  async start(): Promise<string> {
    const [outFile, logFile] = ['server.out', 'server.log'].map(name => join(this.#folder.path, name)) as [
      string,
      string,
    ]
    const [out, log] = [openSync(outFile, 'w', 0o600), openSync(logFile, 'w', 0o600)]
    this.#child = this.#programs.start(process.execPath, [posternProgram, ...this.words], {
      stdio: ['ignore', out, log],
      env: cleanVariables(),
    })
    closeSync(out)
    closeSync(log)
    const text = await this.#printed(outFile)
    const status = text === '' ? undefined : await this.postern('status', '--wait', '30')
    if (status?.status === 0) return text
    throw new Error(`The server did not start: ${status?.error ?? ''}${readFileSync(logFile, 'utf8').slice(-2_000)}`)
  }

  /** What the server has printed, once it has; nothing where it ends before, or takes too long. */
  async #printed(file: string): Promise<string> {
    const deadline = performance.now() + patienceMillis
    for (;;) {
      const text = readFileSync(file, 'utf8')
      if (text !== '' || this.#child!.exitCode !== null || performance.now() >= deadline) return text
      await delay(50)
    }
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await endProgram(this.#child)
  }

  /** Runs a command of `postern` on this server's data directory. */
  postern(...words: readonly string[]): Promise<Finished> {
    const variables = { ...cleanVariables(), POSTERN_DATA_DIR: this.dataDirectory }
    return this.#programs.run(process.execPath, [posternProgram, ...words], { variables })
  }

  /** The administrator of an account (the first one if none is named), with what `postern env` says. */
  async administrator(options: { readonly account?: string; readonly name?: string } = {}): Promise<Asker> {
    const { account, name = 'administrator' } = options
    return {
      name,
      door: publicDoor,
      variables: await this.#environment(account === undefined ? [] : ['--account', account]),
    }
  }

  /** Where `postern env --endpoint` sends KMS calls. */
  async endpointUrl(endpointId: string): Promise<string> {
    return (await this.#environment(['--endpoint', endpointId]))['AWS_ENDPOINT_URL_KMS']!
  }

  async #environment(options: readonly string[]): Promise<Record<string, string>> {
    const { status, out, error } = await this.postern('env', '--json', ...options)
    if (status !== 0) throw new Error(`"postern env" failed: ${error}`)
    return { ...cleanVariables(), ...clientVariables, ...(JSON.parse(out) as Record<string, string>) } as Record<
      string,
      string
    >
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
