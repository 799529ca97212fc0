import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { ConfigError } from '../../base/index.ts'
import { programEnvironment } from './run-program.ts'

/**
 * The process that keeps the user namespace of an installation alive that runs without root, with the network namespaces in it: also
 * while the server is stopped. It does nothing.
 */
export interface Holder {
  readonly processId: number
}

/** How the holder is found again. A process id alone may be somebody else's by now. */
interface HolderNote extends Holder {
  readonly startTime: string
  readonly bootId: string
}

const noteFile = (dataDirectory: string): string => join(dataDirectory, 'netns-holder.json')

/** The words before a command that is run where the holder is, with all rights over its namespaces. */
export function enterWords({ processId }: Holder): readonly string[] {
  return ['nsenter', '-t', String(processId), '-U', '-m', '-n', '--preserve-credentials', '--']
}

/** The holder of an installation, or `undefined` where none is alive. */
export function findHolder(dataDirectory: string): Holder | undefined {
  const note = readNote(dataDirectory)
  if (note === undefined || note.bootId !== bootId() || startTime(note.processId) !== note.startTime) return undefined
  const { processId } = note
  try {
    // It is the holder only where it is in a user namespace of its own, and who has written the note has started it: root reads it too.
    const isElsewhere = readlinkSync(`/proc/${processId}/ns/user`) !== readlinkSync('/proc/self/ns/user')
    const isTheirs = statSync(`/proc/${processId}`).uid === statSync(noteFile(dataDirectory)).uid
    return isElsewhere && isTheirs ? { processId } : undefined
  } catch {
    return undefined
  }
}

// `ip netns` keeps its names in /run, which is the system's: so a /run of its own.
const script = 'mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/netns && echo held && exec sleep infinity'

/** Starts the holder of an installation. @throws {ConfigError} where this machine gives an ordinary user no such namespaces. */
export async function startHolder(dataDirectory: string): Promise<Holder> {
  const child = spawn('unshare', ['-Urnm', 'sh', '-c', script], {
    env: programEnvironment(),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let wrong = ''
  child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString('utf8')))
  const started = once(child.stdout, 'data').then(() => true)
  const ended = once(child, 'close').then(
    () => false,
    () => false,
  )
  child.once('error', cause => (wrong = cause.message))
  if (!(await Promise.race([started, ended]))) throw noNamespaces(wrong)
  const processId = child.pid!
  const note: HolderNote = { processId, startTime: startTime(processId)!, bootId: bootId() }
  writeFileSync(noteFile(dataDirectory), JSON.stringify(note), { mode: 0o600 })
  child.stdout.destroy()
  child.stderr.destroy()
  child.unref()
  return { processId }
}

/** Ends the holder of an installation, and with it all its namespaces. */
export function endHolder(dataDirectory: string): void {
  const holder = findHolder(dataDirectory)
  if (holder !== undefined) process.kill(holder.processId, 'SIGKILL')
  rmSync(noteFile(dataDirectory), { force: true })
}

function noNamespaces(reason: string): ConfigError {
  const said = reason.trim().split('\n')[0] ?? ''
  return new ConfigError(
    `This machine gives an ordinary user no namespaces of his own (${said}): permit them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns), start "postern serve" as root, which runs the server as another user, or use --network loopback`,
  )
}

function readNote(dataDirectory: string): HolderNote | undefined {
  try {
    const note = JSON.parse(readFileSync(noteFile(dataDirectory), 'utf8')) as Partial<HolderNote>
    const { processId, startTime: since, bootId: boot } = note
    if (!Number.isSafeInteger(processId) || processId! < 2 || typeof since !== 'string' || typeof boot !== 'string')
      return undefined
    return { processId: processId!, startTime: since, bootId: boot }
  } catch {
    return undefined
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** When a process was started: field 22 of proc_pid_stat(5). The second one is a name, in which there may be blanks. */
function startTime(processId: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[22 - 3]
  } catch {
    return undefined
  }
}
