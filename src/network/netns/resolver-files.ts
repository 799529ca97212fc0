import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkHost } from './network-host.ts'

/** The file by which a system may ask others than its resolver for names. */
const nameSwitch = '/etc/nsswitch.conf'

const mark = '# Written by Postern'

/** Where `ip netns exec` looks for a namespace's own files of /etc. */
const namespaceFolder = '/etc/netns'

// $1 is the folder, $2 the file. What has not our mark in its first line is somebody else's.
const isForeign = `f="$1/$2"; [ -e "$f" ] && ! head -n 1 "$f" | grep -q '^${mark}'`
const writeScript = `if ${isForeign}; then echo foreign; else mkdir -p -m 755 "$1" && cat > "$f.new" && chmod 644 "$f.new" && mv "$f.new" "$f"; fi`
const removeScript = `${isForeign} || rm -f "$f"; rmdir "$1" 2> /dev/null || :`

/**
 * What a command that is run in a namespace finds as its resolver. For root that is where `ip netns exec` looks; others have no
 * folder there, and get a program that puts the files in their places.
 */
const folderOf = (host: NetworkHost, namespace: string): string =>
  host.prefix.length === 0 ? `${namespaceFolder}/${namespace}` : `/run/postern/${namespace}`

/**
 * Has the commands that are run in a namespace ask a resolver for names, and nobody else. Gives the files that were left as they are, because
 * somebody else wrote them.
 */
export async function writeResolverFiles(
  host: NetworkHost,
  { namespace, vpcId, resolver }: { readonly namespace: string; readonly vpcId: string; readonly resolver: string },
): Promise<readonly string[]> {
  const folder = folderOf(host, namespace)
  const heading = `${mark}: ${namespace} is attached to ${vpcId}. "postern network detach" removes this file.`
  const left: string[] = []
  const write = async (file: string, text: string): Promise<void> => {
    const said = await host.run(['sh', '-c', writeScript, 'sh', folder, file], `${heading}\n${text}`)
    if (said.trim() === 'foreign') left.push(`${folder}/${file}`)
  }
  await write('resolv.conf', `nameserver ${resolver}\noptions timeout:2 attempts:2\n`)
  const names = plainNameSwitch()
  if (names !== undefined) await write('nsswitch.conf', names)
  if (host.prefix.length > 0) await host.run(['sh', '-c', enterScript, 'sh', folder])
  return left
}

/** A namespace with a resolver's file of ours, and the VPC that it is attached to, or was. */
export interface NamedResolver {
  readonly namespace: string
  readonly vpcId: string
}

/** All of them, where root attaches. */
export function findResolverFiles(folder = namespaceFolder): readonly NamedResolver[] {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.flatMap(namespace => {
    const text = readText(join(folder, namespace, 'resolv.conf'))
    const vpcId = /^# Written by Postern: \S+ is attached to (vpc-[0-9a-f]{17})\./.exec(text)?.[1]
    return vpcId === undefined ? [] : [{ namespace, vpcId }]
  })
}

/** Removes the files of a namespace that are ours. */
export async function removeResolverFiles(host: NetworkHost, namespace: string): Promise<void> {
  const folder = folderOf(host, namespace)
  if (host.prefix.length > 0) await host.run(['rm', '-f', `${folder}/${enterProgram}`])
  for (const file of ['resolv.conf', 'nsswitch.conf']) await host.run(['sh', '-c', removeScript, 'sh', folder, file])
}

/** The words before a command that is to run in a namespace. */
export function commandPrefix(host: NetworkHost, namespace: string): readonly string[] {
  const words = [...host.prefix, 'ip', 'netns', 'exec', namespace]
  return host.prefix.length === 0 ? words : [...words, `${folderOf(host, namespace)}/${enterProgram}`]
}

/** The system's own, with names looked up in files and by DNS alone; `undefined` where it does that anyway. */
function plainNameSwitch(): string | undefined {
  const text = readText(nameSwitch)
  const hosts = /^hosts:.*$/m.exec(text)?.[0]
  if (hosts === undefined || /^hosts:(?:\s+(?:files|dns|myhostname))*\s*$/.test(hosts)) return undefined
  return text.replace(/^hosts:.*$/m, 'hosts: files dns')
}

/** A file's text; nothing where it can't be read. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const enterProgram = 'enter'

const program = `#!/bin/sh
for f in resolv.conf nsswitch.conf; do
  if [ -e "\${0%/*}/$f" ]; then mount --bind "\${0%/*}/$f" "/etc/$f" || exit 1; fi
done
exec "$@"
`

// A holder has a /run of its own: where the system's resolv.conf leads there, there must be something to mount over.
const enterScript = [
  'set -e',
  't=$(readlink -m /etc/resolv.conf)',
  '[ -e "$t" ] || { mkdir -p "${t%/*}" && : > "$t"; }',
  `cat > "$1/${enterProgram}" << 'END'`,
  `${program}END`,
  `chmod 755 "$1/${enterProgram}"`,
].join('\n')
