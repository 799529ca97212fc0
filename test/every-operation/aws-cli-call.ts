import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Postern, Variables } from '../start-postern.ts'
import type { Call, OperationName } from './call.ts'

// These members are bytes wherever an answer has them, and the CLI prints bytes as Base64.
const blobs = new Set([
  'AttestationDocument',
  'CiphertextBlob',
  'ImportToken',
  'Mac',
  'Plaintext',
  'PrivateKeyCiphertextBlob',
  'PrivateKeyPlaintext',
  'PublicKey',
  'SharedSecret',
  'SharedSecretCiphertextBlob',
  'Signature',
])

/** The name of an operation or member as the CLI spells it: `GetKeyPolicy` is `get-key-policy`. */
export const cliName = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()

/** The sub-commands of `aws kms` here, by what the CLI itself proposes to complete. */
export function cliCommands(): ReadonlySet<string> {
  const line = 'aws kms '
  const variables = { ...process.env, COMP_LINE: line, COMP_POINT: String(line.length) }
  const { stdout } = spawnSync('aws_completer', { env: variables, encoding: 'utf8' })
  // Newer CLIs propose waiters and the help beside the operations.
  return new Set(stdout.split(/\s+/).filter(word => /^[a-z-]+$/.test(word) && word !== 'wait' && word !== 'help'))
}

/** Calls by `aws kms`, led by these variables. */
export function cliCall(postern: Postern, variables: Variables): Call {
  let files = 0
  // Version 1 would fetch a value that begins with https://, as a proxy's endpoint does.
  const config = join(postern.folder, 'aws-config')
  writeFileSync(config, '[default]\ncli_follow_urlparam = false\n')
  const fixed = { ...variables, AWS_CONFIG_FILE: config, AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' }
  const option = ([name, value]: [string, unknown]): readonly string[] => {
    const flag = cliName(name)
    if (typeof value === 'boolean') return [value ? `--${flag}` : `--no-${flag}`]
    if (value instanceof Uint8Array) {
      // A file means the same to version 1 and version 2 of the AWS CLI.
      const path = join(postern.folder, `blob-${++files}`)
      writeFileSync(path, value)
      return [`--${flag}`, `fileb://${path}`]
    }
    return [`--${flag}`, typeof value === 'string' ? value : JSON.stringify(value)]
  }
  return async (name: OperationName, input: object, region?: string) => {
    const options = Object.entries(input).flatMap(option)
    const words = ['kms', cliName(name), ...options, '--output', 'json', ...(region ? ['--region', region] : [])]
    const { status, out, error } = await postern.run('aws', words, fixed)
    if (status !== 0) throw cliError(error)
    return withBytes(out.trim() === '' ? {} : (JSON.parse(out) as object)) as never
  }
}

/** What the CLI wrote, as an error of that name. */
function cliError(text: string): Error {
  const [, name = 'Error', message = text] = /An error occurred \((\w+)\) when calling [^:]*: (.*)/s.exec(text) ?? []
  return Object.assign(new Error(message.trim()), { name })
}

const withBytes = (output: object): object =>
  Object.fromEntries(
    Object.entries(output).map(([name, value]: [string, unknown]) => [
      name,
      blobs.has(name) && typeof value === 'string' ? Buffer.from(value, 'base64') : value,
    ]),
  )
