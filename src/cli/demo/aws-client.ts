import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Variables = Readonly<Record<string, string | undefined>>

/** Names of the services that the demo calls. */
export type DemoService = 'kms' | 'ec2' | 'iam' | 'sts' | 'cloudtrail'

/** An answer of the API, or its error. */
export type CallResult =
  | { readonly kind: 'answer'; readonly output: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }

/** A standard AWS client, as the demo uses it. */
export interface AwsClient {
  readonly name: string
  /** How a person would type the call. */
  describe(service: DemoService, operation: string, input: Readonly<Record<string, unknown>>): string
  call(
    service: DemoService,
    operation: string,
    input: Readonly<Record<string, unknown>>,
    variables: Variables,
  ): Promise<CallResult>
}

const kebab = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()

/** Input members as the options of the AWS CLI. */
function cliOptions(input: Readonly<Record<string, unknown>>, text: (value: unknown) => string): readonly string[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const option = `--${kebab(name)}`
    if (typeof value === 'boolean') return [value ? option : `--no-${option.slice(2)}`]
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return [option, ...value]
    return [option, text(value)]
  })
}

const shown = (value: unknown): string => {
  if (Buffer.isBuffer(value)) return `fileb://<(… ${value.length} bytes)`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./<>-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

function describeCall(service: DemoService, operation: string, input: Readonly<Record<string, unknown>>): string {
  return ['aws', service, kebab(operation), ...cliOptions(input, shown)].map(quoted).join(' ')
}

/** The AWS CLI of this machine. */
export const cliClient: AwsClient = {
  name: 'the AWS CLI',
  describe: describeCall,
  async call(service, operation, input, variables) {
    const folder = mkdtempSync(join(tmpdir(), 'postern-demo-'))
    let files = 0
    const options = cliOptions(input, value => {
      if (!Buffer.isBuffer(value)) return typeof value === 'string' ? value : JSON.stringify(value)
      const path = join(folder, `blob-${++files}`)
      writeFileSync(path, value)
      return `fileb://${path}`
    })
    const words = [
      service,
      kebab(operation),
      ...options,
      '--output',
      'json',
      '--no-cli-pager',
      '--cli-connect-timeout',
      '5',
    ]
    const done = await run(
      'aws',
      words.filter(word => word !== '--no-cli-pager'),
      { ...variables, AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' },
    )
    if (done.status === 0)
      return { kind: 'answer', output: done.out.trim() === '' ? {} : (JSON.parse(done.out) as Record<string, unknown>) }
    const match = /An error occurred \(([^)]+)\)[^:]*: ([^]*)/.exec(done.error)
    return { kind: 'error', code: match?.[1] ?? 'ConnectionError', message: (match?.[2] ?? done.error).trim() }
  },
}

/** Runs a program to its end. */
export function run(
  program: string,
  words: readonly string[],
  variables: Variables,
): Promise<{ readonly status: number; readonly out: string; readonly error: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: variables, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString('utf8')))
    child.on('error', reject)
    child.on('close', status => resolve({ status: status ?? 1, out, error }))
  })
}

// A process of its own for each call, as with the CLI: environment variables such as NODE_EXTRA_CA_CERTS are read at start.
const sdkProgram = `
const [service, operation, input] = JSON.parse(process.argv[1], (_, value) => value?.$bytes === undefined ? value : Buffer.from(value.$bytes, 'base64'))
const sdk = await import('@aws-sdk/client-' + service)
const Client = Object.entries(sdk).find(([name]) => name.endsWith('Client') && !name.startsWith('__'))[1]
const client = new Client({ maxAttempts: 1 })
try {
  const { $metadata, ...output } = await client.send(new sdk[operation + 'Command'](input))
  const text = JSON.stringify(output, (_, value) => value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value)
  process.stdout.write(JSON.stringify({ kind: 'answer', output: JSON.parse(text) }))
} catch (error) {
  process.stdout.write(JSON.stringify({ kind: 'error', code: error.Code ?? error.name, message: error.message }))
}`

/** The AWS SDK for JavaScript, where it is installed beside Postern. */
export const sdkClient: AwsClient = {
  name: 'the AWS SDK for JavaScript',
  describe: describeCall,
  async call(service, operation, input, variables) {
    const argument = JSON.stringify([service, operation, input], (_name, value: unknown) => {
      const bytes = value as { readonly type?: string; readonly data?: readonly number[] } | null
      return bytes?.type === 'Buffer' ? { $bytes: Buffer.from(bytes.data!).toString('base64') } : value
    })
    const done = await run(process.execPath, ['--input-type=module', '--eval', sdkProgram, argument], variables)
    if (done.out === '') return { kind: 'error', code: 'ConnectionError', message: done.error.trim() }
    return JSON.parse(done.out) as CallResult
  },
}

/** The AWS CLI where it is installed, else the SDK. */
export async function chooseClient(): Promise<AwsClient> {
  const found = await run('aws', ['--version'], process.env).catch(() => undefined)
  return found?.status === 0 ? cliClient : sdkClient
}
