import { bridgeName, windowOfName } from './names.ts'
import { namespaceNames, readNamespace } from './namespace-state.ts'
import type { NamespaceState, Run } from './namespace-state.ts'
import { noRulesText } from './rules-text.ts'

/** A namespace that has something of an installation in it. */
export interface MarkedNamespace {
  readonly name: string
  /** Absent where making it was broken off: it has our name, and nothing in it yet. */
  readonly vpcId: string | undefined
  /** Whether the whole namespace is the installation's; if not, only the bridge and the rules are. */
  readonly isWhole: boolean
}

/** All that an installation has made on this machine, by its marks. */
export async function findMarked(run: Run, installation: string): Promise<readonly MarkedNamespace[]> {
  const found: MarkedNamespace[] = []
  for (const name of await namespaceNames(run)) {
    const isWhole = windowOfName(installation, name) !== undefined
    const state = await lookInto(run, installation, { name, isWhole })
    const vpcId = state?.vpcId
    if (vpcId !== undefined || (isWhole && isBrokenOff(state))) found.push({ name, vpcId, isWhole })
  }
  return found
}

/** Whether making a namespace was broken off before it had its mark. There is nothing in it that could be somebody's. */
export function isBrokenOff(state: NamespaceState | undefined): boolean {
  return state === undefined || (state.vpcId === undefined && state.isUnused)
}

async function lookInto(
  run: Run,
  installation: string,
  { name, isWhole }: Omit<MarkedNamespace, 'vpcId'>,
): Promise<NamespaceState | undefined> {
  try {
    return await readNamespace(run, installation, name)
  } catch (error) {
    // What is wrong with a namespace of somebody else's is none of our business.
    if (isWhole) throw error
    return undefined
  }
}

/**
 * Takes away what an installation has made in a namespace: all of it, where the namespace is its own; in the operator's, the bridge with
 * its ports, and the rules. Without the mark nothing happens, but to one of our name that has nothing in it.
 */
export async function removeNamespace(run: Run, installation: string, name: string): Promise<void> {
  const isWhole = windowOfName(installation, name) !== undefined
  const state = await readNamespace(run, installation, name)
  if (isWhole && isBrokenOff(state)) return void (await run(['ip', 'netns', 'delete', name]))
  if (state?.vpcId === undefined) return
  // Sockets that are open keep a namespace alive behind its name: without links, nothing comes to them.
  await run(['ip', '-n', name, '-batch', '-'], linksGone(state))
  if (isWhole) await run(['ip', 'netns', 'delete', name])
  else await run(['ip', 'netns', 'exec', name, 'nft', '-f', '-'], noRulesText)
}

const linksGone = ({ ports }: NamespaceState): string =>
  [...ports.filter(isWorkloadPort), bridgeName].map(link => `link delete ${link}\n`).join('')

const isWorkloadPort = (link: string): boolean => /^pw[0-9a-f]{8}$/.test(link)
