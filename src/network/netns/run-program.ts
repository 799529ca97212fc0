import { spawn } from 'node:child_process'
import { ConfigError } from '../../base/index.ts'

/** A program that was run and failed; the message is the last line that it wrote. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

const packages: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
}

const deadlineMillis = 5_000

/**
 * The environment of the programs that are run, and of the openers: where programs are, and nothing that would change what they do.
 * The path of an ordinary user often lacks the folders of `ip` and `nft`.
 */
export function programEnvironment(): Readonly<Record<string, string>> {
  return { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C' }
}

/**
 * Runs a program of the system to its end and gives what it wrote. What differs from one VPC to another goes in by `input`; the words
 * are ours.
 *
 * @throws {ConfigError} where the program is not installed. @throws {ProgramError} where it failed, or took too long.
 */
export function runProgram(words: readonly string[], input = ''): Promise<string> {
  const [program = '', ...rest] = words
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { env: programEnvironment(), cwd: '/', stdio: 'pipe', timeout: deadlineMillis })
    let out = ''
    let wrong = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString('utf8')))
    child.once('error', cause => reject(notStarted(program, cause)))
    child.once('close', (status, signal) => {
      if (status === 0) resolve(out)
      else reject(failure(program, rest, signal === null ? wrong : `it did not end within ${deadlineMillis} ms`))
    })
    // A program that ends early reads no further; what it ended with says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function notStarted(program: string, cause: Error): Error {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
    return new ProgramError(`Cannot start the program "${program}": ${cause.message}`, { cause })
  const from = packages[program]
  const advice = from === undefined ? '' : `: on Debian and Ubuntu, apt-get install ${from}`
  return new ConfigError(`The program "${program}" is not installed${advice}`, { cause })
}

/** Programs behind `nsenter` and `ip netns exec` are the ones that failed. */
function failure(program: string, words: readonly string[], text: string): Error {
  const lines = text.trim().split('\n')
  const missing = /exec of "(\w+)" failed: No such file|failed to execute (\w+): No such file/.exec(text)
  if (missing !== null) return notStarted(missing[1] ?? missing[2]!, Object.assign(new Error(text), { code: 'ENOENT' }))
  return new ProgramError(`${[program, ...words].join(' ')}: ${lines[0]}`)
}
