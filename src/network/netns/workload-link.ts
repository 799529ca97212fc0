import { ConfigError } from '../../base/index.ts'
import { firstCommonAddress } from '../model/blocks.ts'
import { addressText, parseBlock } from '../model/cidr.ts'
import { ipv6AddressText, parseIpv6Block } from '../model/ipv6.ts'
import type { AttachedWorkload } from '../model/records.ts'
import { bridgeName, workloadMac, workloadPort } from './names.ts'
import type { NetworkHost } from './network-host.ts'
import { findMarked } from './remove-namespace.ts'
import { ProgramError } from './run-program.ts'

/** The interface of a workload inside its own namespace. */
const interfaceName = 'vpc0'

/** A workload that is registered, and what its namespace is connected to. */
export interface WorkloadLink {
  readonly vpcId: string
  readonly workload: AttachedWorkload
  /** The blocks of its subnet. */
  readonly subnet: { readonly cidr: string; readonly ipv6Cidr?: string }
  /** All blocks of the VPC. */
  readonly blocks: readonly string[]
  readonly resolverAddresses: readonly string[]
}

/**
 * Connects the namespace of a workload to that of its VPC by a pair of interfaces: one is a port of the VPC's bridge, the other has the
 * workload's address. One that is connected is brought in line, without breaking its connections.
 *
 * @throws {ConfigError} where the VPC has no namespace, or the workload's has something in the way. What was begun is taken back.
 * @throws {ProgramError} where the system does not let it.
 */
export async function connectWorkload(host: NetworkHost, link: WorkloadLink): Promise<void> {
  const { workload, vpcId } = link
  const vpcNamespace = await namespaceOfVpc(host, vpcId)
  if (vpcNamespace === undefined)
    throw new ConfigError(
      `There is no network namespace of ${vpcId} that you reach: run this as the user who has started the server, or see "postern status"`,
    )
  // Its own addresses would lie in the way of all others.
  if (vpcNamespace === workload.namespace)
    throw new ConfigError(`The namespace "${vpcNamespace}" is that of ${vpcId} itself: attach another one`)
  const isConnected = await isLinked(host, vpcNamespace, workload)
  try {
    if (!isConnected) await addLink(host, vpcNamespace, workload)
    await batch(host, vpcNamespace, [`link set ${workloadPort(workload.interfaceId)} master ${bridgeName} up`])
    await setUpInside(host, link, isConnected ? 'replace' : 'add')
  } catch (error) {
    if (!isConnected) await removeLink(host, vpcNamespace, workload)
    throw error
  }
}

async function setUpInside(host: NetworkHost, link: WorkloadLink, how: 'add' | 'replace'): Promise<void> {
  const { namespace } = link.workload
  try {
    await batch(host, namespace, insideLines(link, how))
  } catch (cause) {
    // EEXIST is about routes: nothing else is added.
    if (!(cause instanceof ProgramError && cause.message.endsWith('File exists'))) throw cause
    const ways = [...link.blocks, ...link.resolverAddresses].join(', ')
    throw new ConfigError(
      `The namespace "${namespace}" has a route of its own to one of ${ways}: take it away first ("ip -n ${namespace} route" shows it)`,
      { cause },
    )
  }
}

/** Takes the pair of interfaces away, if it is there. */
export async function disconnectWorkload(
  host: NetworkHost,
  { vpcId, workload }: Pick<WorkloadLink, 'vpcId' | 'workload'>,
): Promise<void> {
  const vpcNamespace = await namespaceOfVpc(host, vpcId)
  if (vpcNamespace !== undefined) await removeLink(host, vpcNamespace, workload)
}

async function namespaceOfVpc({ run, installation }: NetworkHost, vpcId: string): Promise<string | undefined> {
  return (await findMarked(run, installation)).find(marked => marked.vpcId === vpcId)?.name
}

async function isLinked(host: NetworkHost, vpcNamespace: string, workload: AttachedWorkload): Promise<boolean> {
  const inside = await addressOfLink(host, workload.namespace, interfaceName)
  const port = await addressOfLink(host, vpcNamespace, workloadPort(workload.interfaceId))
  const isOurs = inside === workloadMac(workload.interfaceId)
  if (inside !== undefined && !isOurs) {
    throw new ConfigError(
      `The namespace "${workload.namespace}" has an interface "${interfaceName}" already, which is not this workload's`,
    )
  }
  return isOurs && port !== undefined
}

/** The MAC address of an interface, or `undefined` where there is none. */
async function addressOfLink({ run }: NetworkHost, namespace: string, name: string): Promise<string | undefined> {
  const links = JSON.parse((await run(['ip', '-n', namespace, '-j', 'link', 'show'])) || '[]') as readonly {
    readonly ifname: string
    readonly address?: string
  }[]
  return links.find(({ ifname }) => ifname === name)?.address
}

async function addLink(host: NetworkHost, vpcNamespace: string, workload: AttachedWorkload): Promise<void> {
  await removeLink(host, vpcNamespace, workload)
  const inside = `peer name ${interfaceName} address ${workloadMac(workload.interfaceId)} netns ${workload.namespace}`
  await batch(host, vpcNamespace, [`link add ${workloadPort(workload.interfaceId)} type veth ${inside}`])
}

async function removeLink(host: NetworkHost, vpcNamespace: string, { interfaceId }: AttachedWorkload): Promise<void> {
  const port = workloadPort(interfaceId)
  if ((await addressOfLink(host, vpcNamespace, port)) === undefined) return
  await batch(host, vpcNamespace, [`link delete ${port}`])
}

/**
 * What a workload's namespace is told: its address, and the ways to all blocks of the VPC and to its resolvers, by the subnet's
 * router. A new way that the namespace has already is an error: it is somebody else's.
 */
function insideLines(link: WorkloadLink, how: 'add' | 'replace'): readonly string[] {
  const { workload, subnet } = link
  const { ipv6Address } = workload
  const dev = `dev ${interfaceName}`
  const ways = [...link.blocks, ...link.resolverAddresses.filter(address => !isIn(address, link.blocks))]
  // The kernel knows the way to the subnet itself by its address.
  const others = ways.filter(block => block !== subnet.cidr && block !== subnet.ipv6Cidr)
  const routes = (isIpv6: boolean, router: string): readonly string[] =>
    others.filter(block => block.includes(':') === isIpv6).map(block => `route ${how} ${block} via ${router} ${dev}`)
  return [
    'link set lo up',
    `link set ${interfaceName} up`,
    `addr replace ${workload.address}/${parseBlock(subnet.cidr)!.prefix} ${dev}`,
    ...routes(false, addressText(parseBlock(subnet.cidr)!.base + 1)),
    ...(ipv6Address === undefined || subnet.ipv6Cidr === undefined
      ? []
      : ipv6Lines(ipv6Address, subnet.ipv6Cidr, dev, router => routes(true, router))),
  ]
}

const isIn = (address: string, blocks: readonly string[]): boolean =>
  blocks.some(
    block => firstCommonAddress(block, address.includes(':') ? `${address}/128` : `${address}/32`) !== undefined,
  )

function ipv6Lines(
  address: string,
  cidr: string,
  dev: string,
  routesBy: (router: string) => readonly string[],
): readonly string[] {
  const { base, prefix } = parseIpv6Block(cidr)!
  // Nobody else has this address: to look for that would only make its first connections fail.
  return [`addr replace ${address}/${prefix} ${dev} nodad`, ...routesBy(ipv6AddressText(base + 1n))]
}

async function batch({ run }: NetworkHost, namespace: string, lines: readonly string[]): Promise<void> {
  await run(['ip', '-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`)
}
