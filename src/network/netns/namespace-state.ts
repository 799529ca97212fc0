import { bridgeName, vpcOfMark } from './names.ts'
import { ProgramError } from './run-program.ts'

/** Runs a program where the namespaces' names are known. */
export type Run = (words: readonly string[], input?: string) => Promise<string>

/** What a named namespace has of ours, or where ours would be. */
export interface NamespaceState {
  /** The VPC that our bridge in it is for. Absent where it has none with our mark. */
  readonly vpcId: string | undefined
  /** Whether it has a bridge of that name that is not ours. */
  readonly hasForeignBridge: boolean
  /** Whether its loopback interface is up: without it, it has no connections to itself. */
  readonly isLoopbackUp: boolean
  /** Whether none of its interfaces is up, as in one that was just made. */
  readonly isUnused: boolean
  /** Addresses on our bridge, without those that the kernel gave it. */
  readonly addresses: readonly string[]
  /** Ports of our bridge. */
  readonly ports: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

/** The names of all namespaces that have one. */
export async function namespaceNames(run: Run): Promise<readonly string[]> {
  return fieldsOf(await run(['ip', '-j', 'netns', 'list'])).map(({ name }) => String(name))
}

/**
 * Looks into a namespace, without changing anything. Gives `undefined` where the name leads to none: a program that is killed between the
 * file and the namespace leaves the file, and so does a container that starts again.
 */
export async function readNamespace(run: Run, installation: string, name: string): Promise<NamespaceState | undefined> {
  const links = await readLinks(run, name)
  if (links === undefined) return undefined
  const bridge = links.find(link => link['ifname'] === bridgeName)
  const vpcId = vpcOfMark(installation, bridge?.['ifalias'])
  const given = (bridge?.['addr_info'] as readonly Fields[] | undefined) ?? []
  return {
    vpcId,
    hasForeignBridge: bridge !== undefined && vpcId === undefined,
    isLoopbackUp: links.some(link => link['ifname'] === 'lo' && isUp(link)),
    isUnused: links.length > 0 && !links.some(isUp),
    addresses: given
      .filter(({ family, scope }) => family !== 'inet6' || scope !== 'link')
      .map(({ local, prefixlen }) => `${String(local)}/${String(prefixlen)}`),
    ports: links.filter(link => link['master'] === bridgeName).map(link => String(link['ifname'])),
  }
}

/** Whether a name is that of a file that leads to no namespace. */
export async function leadsNowhere(run: Run, name: string): Promise<boolean> {
  return (await readLinks(run, name)) === undefined
}

async function readLinks(run: Run, name: string): Promise<readonly Fields[] | undefined> {
  try {
    return fieldsOf(await run(['ip', '-n', name, '-j', '-d', 'addr', 'show']))
  } catch (error) {
    // EINVAL of setns(2): the file is that of no namespace.
    if (error instanceof ProgramError && error.message.endsWith('failed: Invalid argument')) return undefined
    throw error
  }
}

const isUp = ({ flags }: Fields): boolean => Array.isArray(flags) && flags.includes('UP')

/** The routes to workloads and their neighbour entries, by address. */
export interface WorkloadEntries {
  readonly routes: readonly string[]
  /** Address and MAC address, with a blank between them. */
  readonly neighbours: readonly string[]
}

/** Reads what our bridge has for workloads. */
export async function readWorkloadEntries(run: Run, name: string): Promise<WorkloadEntries> {
  const [ipv4, ipv6, neighbours] = await Promise.all([
    run(['ip', '-n', name, '-j', '-4', 'route', 'show', 'dev', bridgeName]),
    run(['ip', '-n', name, '-j', '-6', 'route', 'show', 'dev', bridgeName]),
    run(['ip', '-n', name, '-j', 'neigh', 'show', 'dev', bridgeName, 'nud', 'permanent']),
  ])
  return {
    routes: [...fieldsOf(ipv4), ...fieldsOf(ipv6)]
      .filter(({ protocol }) => protocol !== 'kernel')
      .map(({ dst }) => String(dst)),
    neighbours: fieldsOf(neighbours).map(({ dst, lladdr }) => `${String(dst)} ${String(lladdr)}`),
  }
}

// Where there is nothing to show, some versions show nothing at all.
function fieldsOf(out: string): readonly Fields[] {
  return out.trim() === '' ? [] : (JSON.parse(out) as Fields[])
}
