import { bridgeName, vpcOfMark } from './names.ts'

/** Runs a program where the namespaces' names are known. */
export type Run = (words: readonly string[], input?: string) => Promise<string>

/** What a named namespace has of ours, or where ours would be. */
export interface NamespaceState {
  /** The VPC that our bridge in it is for. Absent where it has none with our mark. */
  readonly vpcId: string | undefined
  /** Whether it has a bridge of that name that is not ours. */
  readonly hasForeignBridge: boolean
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

/** Looks into a namespace, without changing anything. */
export async function readNamespace(run: Run, installation: string, name: string): Promise<NamespaceState> {
  const links = fieldsOf(await run(['ip', '-n', name, '-j', '-d', 'addr', 'show']))
  const bridge = links.find(link => link['ifname'] === bridgeName)
  const vpcId = vpcOfMark(installation, bridge?.['ifalias'])
  const given = (bridge?.['addr_info'] as readonly Fields[] | undefined) ?? []
  return {
    vpcId,
    hasForeignBridge: bridge !== undefined && vpcId === undefined,
    addresses: given
      .filter(({ family, scope }) => family !== 'inet6' || scope !== 'link')
      .map(({ local, prefixlen }) => `${String(local)}/${String(prefixlen)}`),
    ports: links.filter(link => link['master'] === bridgeName).map(link => String(link['ifname'])),
  }
}

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
