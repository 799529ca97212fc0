import { bridgeName, windowOfName } from './names.ts'
import { namespaceNames, readNamespace } from './namespace-state.ts'
import type { NamespaceState, Run } from './namespace-state.ts'
import { noRulesText } from './rules-text.ts'

/** A namespace that has something of an installation in it. */
export interface MarkedNamespace {
  readonly name: string
  readonly vpcId: string
  /** Whether the whole namespace is the installation's; if not, only the bridge and the rules are. */
  readonly isWhole: boolean
}

/** All that an installation has made on this machine, by its marks. */
export async function findMarked(run: Run, installation: string): Promise<readonly MarkedNamespace[]> {
  const found: MarkedNamespace[] = []
  for (const name of await namespaceNames(run)) {
    const isWhole = windowOfName(installation, name) !== undefined
    const vpcId = await markIn(run, installation, { name, isWhole })
    if (vpcId !== undefined) found.push({ name, vpcId, isWhole })
  }
  return found
}

async function markIn(
  run: Run,
  installation: string,
  { name, isWhole }: Omit<MarkedNamespace, 'vpcId'>,
): Promise<string | undefined> {
  try {
    return (await readNamespace(run, installation, name)).vpcId
  } catch (error) {
    // A name of somebody else's that leads nowhere is none of our business.
    if (isWhole) throw error
    return undefined
  }
}

/**
 * Takes away what an installation has made in a namespace: all of it, where the namespace is its own; in the operator's, the bridge with
 * its ports, and the rules. Without the mark nothing happens.
 */
export async function removeNamespace(run: Run, installation: string, name: string): Promise<void> {
  const state = await readNamespace(run, installation, name)
  if (state.vpcId === undefined) return
  // Sockets that are open keep a namespace alive behind its name: without links, nothing comes to them.
  await run(['ip', '-n', name, '-batch', '-'], linksGone(state))
  if (windowOfName(installation, name) === undefined)
    await run(['ip', 'netns', 'exec', name, 'nft', '-f', '-'], noRulesText)
  else await run(['ip', 'netns', 'delete', name])
}

const linksGone = ({ ports }: NamespaceState): string =>
  [...ports.filter(isWorkloadPort), bridgeName].map(link => `link delete ${link}\n`).join('')

const isWorkloadPort = (link: string): boolean => /^pw[0-9a-f]{8}$/.test(link)
