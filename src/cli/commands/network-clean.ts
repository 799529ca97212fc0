import { shellQuote } from '../../base/index.ts'
import {
  endHolder,
  findHolder,
  findMarked,
  findResolverFiles,
  networkHost,
  removeNamespace,
  removeResolverFiles,
  requireLinux,
  requirePrograms,
} from '../../network/index.ts'
import type { MarkedNamespace, NetworkHost } from '../../network/index.ts'
import { dataFiles, programWord } from '../../server/index.ts'
import { lockDataDirectory } from '../../storage/index.ts'
import { dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag } from '../command.ts'
import type { Command, Terminal } from '../command.ts'
import { isThere } from '../file-access.ts'

/** `postern network clean`: removes from this machine what the driver of network namespaces has made. */
export const networkCleanCommand: Command = {
  name: 'network clean',
  summary:
    'Removes the network namespaces that a stopped server has left. In the operator’s own namespaces that is its bridge and its rules. What does not have the mark of this data directory stays. Without --yes it only shows what it would remove.',
  usage: '[--yes]',
  options: [...serverOptions, { name: 'yes', text: 'Remove what is shown' }],
  async run(given, terminal) {
    requireLinux()
    const dataDirectory = dataDirectoryOf(given, terminal)
    // A running server would make anew what is removed, or serve into nothing.
    using _lock = isThere(dataFiles.store(dataDirectory)) ? lockDataDirectory(dataDirectory) : undefined
    await requirePrograms('ip', 'nft', 'nsenter')
    const removes = hasFlag(given, 'yes')
    const count = (await cleanRoots(dataDirectory, removes, terminal)) + cleanHolder(dataDirectory, removes, terminal)
    if (count === 0) terminal.out(nothingText(dataDirectory))
    else if (!removes)
      terminal.out(
        `Nothing was removed yet: ${programWord()} network clean --data-dir ${shellQuote(dataDirectory)} --yes\n`,
      )
    return 0
  },
}

/** What a server that root started has left. */
async function cleanRoots(dataDirectory: string, removes: boolean, terminal: Terminal): Promise<number> {
  if (process.getuid?.() !== 0) return 0
  const host = networkHost(dataDirectory)
  const found = await findMarked(host.run, host.installation)
  // Before the namespaces: what is left where this is broken off is found again by their marks.
  for (const { namespace, vpcId } of findResolverFiles()) {
    if (!found.some(marked => marked.vpcId === vpcId)) continue
    if (removes) await removeResolverFiles(host, namespace)
    terminal.out(`${removes ? 'Removed' : 'Would remove'} the resolver of the namespace ${namespace}, of ${vpcId}\n`)
  }
  for (const marked of found) await removeOne(marked, host, removes, terminal)
  return found.length
}

async function removeOne(
  marked: MarkedNamespace,
  host: NetworkHost,
  removes: boolean,
  terminal: Terminal,
): Promise<void> {
  const { name, vpcId, isWhole } = marked
  if (removes) await removeNamespace(host.run, host.installation, name)
  const what = isWhole ? `the namespace ${name}` : `the bridge and the rules in your namespace ${name}`
  const whose = vpcId === undefined ? 'which has nothing in it yet' : `of ${vpcId}`
  terminal.out(`${removes ? 'Removed' : 'Would remove'} ${what}, ${whose}\n`)
}

/** What the server of an ordinary user has left: all of it goes with the process that holds it. */
function cleanHolder(dataDirectory: string, removes: boolean, terminal: Terminal): number {
  const holder = findHolder(dataDirectory)
  if (holder === undefined) return 0
  if (removes) endHolder(dataDirectory)
  const what = `the user namespace of process ${holder.processId}, with all network namespaces in it`
  terminal.out(`${removes ? 'Removed' : 'Would remove'} ${what}\n`)
  return 1
}

function nothingText(dataDirectory: string): string {
  const forRoot = process.getuid?.() === 0 ? '' : '; where root has started the server, root sees more'
  return `Nothing on this machine has the mark of ${dataDirectory}${forRoot}\n`
}
