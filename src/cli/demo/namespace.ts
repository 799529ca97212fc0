import { existsSync } from 'node:fs'
import { cleanVariables } from './clean-variables.ts'
import type { DemoFolder } from './demo-folder.ts'
import { posternProgram } from './demo-server.ts'
import type { Programs } from './programs.ts'

// The first VPC has window 1; its resolver is at base + 2.
const resolverAddress = '127.1.0.2'

/** The file by which a system may ask others than the resolver for names. */
const nameSwitch = '/etc/nsswitch.conf'

// $1 and $2 are the files that stand in for the system's, "-" where there is none; the rest is the command.
const script = [
  'set -e',
  'ip link set lo up',
  'mount --bind "$1" /etc/resolv.conf',
  `[ "$2" = - ] || mount --bind "$2" ${nameSwitch}`,
  'shift 2',
  'exec "$@"',
].join('\n')

/** The words for `unshare` that run a command in a user, network and mount namespace of its own, whose resolver is the VPC's. */
function namespaceWords(folder: DemoFolder, command: readonly string[]): readonly string[] {
  const lines = `nameserver ${resolverAddress}\noptions timeout:2 attempts:1\n`
  folder.file('resolv.conf', lines)
  folder.file('nsswitch.conf', 'hosts: files dns\n')
  const [resolver, names] = ['resolv.conf', 'nsswitch.conf'].map(name => `${folder.work}/${name}`) as [string, string]
  return ['-Urnm', 'sh', '-c', script, 'sh', resolver, existsSync(nameSwitch) ? names : '-', ...command]
}

// Takes the two ports as the server will, in both of their protocols.
const takePorts = `
const fail = error => { console.error(error.message); process.exit(1) }
const tcp = require('node:net').createServer().on('error', fail).listen(443, '${resolverAddress}', () => {
  const udp = require('node:dgram').createSocket('udp4').on('error', fail).bind(53, '${resolverAddress}', () => process.exit(0))
})`

/** Why this machine can't show the namespace part, or `undefined` where it can: by trying what the part does. */
export async function namespaceObstacle(folder: DemoFolder, programs: Programs): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux'
  const words = namespaceWords(folder, [process.execPath, '--eval', takePorts])
  const done = await programs.run('unshare', words, { variables: cleanVariables() }).catch(() => undefined)
  if (done === undefined) return 'it needs the program "unshare" (of util-linux)'
  if (done.status === 0) return undefined
  return `an unprivileged namespace with names and ports of its own is not to be had here (${done.error.trim().split('\n')[0]})`
}

/** Runs the namespace part, without any privilege; gives its exit code. */
export function runInNamespace(folder: DemoFolder, programs: Programs): Promise<number> {
  const words = namespaceWords(folder, [process.execPath, posternProgram, 'demo', '--namespace-part'])
  const child = programs.start('unshare', words, { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', status => resolve(status ?? 1))
  })
}
