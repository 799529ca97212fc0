import { bridgeMac, bridgeName, workloadMac } from './names.ts'
import type { NamespacePlan } from './namespace-plan.ts'
import type { NamespaceState, WorkloadEntries } from './namespace-state.ts'
import { formatPrefixed, parsePrefixed } from './prefixed-address.ts'

/** The lines for `ip -batch -` that bring addresses, routes and neighbours on our bridge in line with a plan. */
export function linkBatch(plan: NamespacePlan, state: NamespaceState, entries: WorkloadEntries): string {
  const addresses = [...plan.gateways, ...plan.resolvers, ...plan.doors.map(door => door.address)].map(prefixed)
  const workloads = plan.workloads.flatMap(workload =>
    workload.addresses.map(address => ({ address, mac: workloadMac(workload.interfaceId) })),
  )
  const neighbours = workloads.map(({ address, mac }) => `${address} ${mac}`)
  const hosts = workloads.map(({ address }) => address)
  return [
    ...missing(addresses, state.addresses).map(address => `addr add ${address} dev ${bridgeName}${flagsOf(address)}`),
    ...missing(state.addresses, addresses).map(address => `addr del ${address} dev ${bridgeName}`),
    `link set ${bridgeName} address ${bridgeMac(plan.vpcId)} up`,
    ...missing(entries.neighbours, neighbours).map(entry => `neigh del ${entry.split(' ')[0]} dev ${bridgeName}`),
    ...missing(entries.routes, hosts).map(address => `route del ${address} dev ${bridgeName}`),
    ...missing(hosts, entries.routes).map(address => `route add ${prefixed(address)} dev ${bridgeName}`),
    // Nobody can answer for the address of a workload but its own interface.
    ...missing(neighbours, entries.neighbours).map(entry => {
      const [address, mac] = entry.split(' ')
      return `neigh replace ${address} lladdr ${mac} dev ${bridgeName} nud permanent`
    }),
    '',
  ].join('\n')
}

// Nobody else has our addresses: to look for duplicates would only keep a door from being opened at once.
const flagsOf = (address: string): string => (address.includes(':') ? ' nodad' : '')

const prefixed = (address: string): string => formatPrefixed(parsePrefixed(address)!)

const missing = (wanted: readonly string[], there: readonly string[]): readonly string[] =>
  [...new Set(wanted)].filter(one => !there.includes(one))
