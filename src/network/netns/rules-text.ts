import { bridgeName, tableFamilies, tableName, workloadMac, workloadPort } from './names.ts'
import type { NamespacePlan, WorkloadPlan } from './namespace-plan.ts'
import { formatAddress, formatPrefixed, isSingle, parsePrefixed, withoutOverlaps } from './prefixed-address.ts'
import type { PrefixedAddress } from './prefixed-address.ts'
import type { ServedPorts } from './protocol.ts'

/** What a namespace's rules depend on beside its plan. */
export interface RulesOptions {
  readonly ports: ServedPorts
  /** Whether the namespace is the operator's: then the rules are about our addresses alone. */
  readonly isForeign: boolean
}

/**
 * The rules of a namespace, as `nft -f -` takes them: everything of the tables is replaced in one step. What they don't let in is
 * dropped without an answer. Connections that are open go on, whatever the rules become.
 */
export function rulesText(plan: NamespacePlan, options: RulesOptions): string {
  return [...replaced('inet', inetChains(plan, options)), ...replaced('bridge', bridgeChains(plan, options)), ''].join(
    '\n',
  )
}

/** Takes our tables away. */
export const noRulesText = tableFamilies.flatMap(cleared).join('\n')

// To add a table that is there changes nothing; so the one that is deleted is there for certain.
function cleared(family: string): readonly string[] {
  return [`add table ${family} ${tableName}`, `delete table ${family} ${tableName}`]
}

function replaced(family: string, chains: readonly string[]): readonly string[] {
  return [...cleared(family), `table ${family} ${tableName} {`, ...chains, '}']
}

function inetChains(plan: NamespacePlan, { ports, isForeign }: RulesOptions): readonly string[] {
  const ours = [...plan.gateways, ...plan.resolvers, ...plan.doors.map(door => door.address)]
  return [
    'chain input {',
    `type filter hook input priority filter; policy ${isForeign ? 'accept' : 'drop'};`,
    // From inside the namespace itself: the probe of a new door.
    'iifname "lo" accept',
    'ct state established,related accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
    ...matches(
      'daddr',
      ours.map(text => parsePrefixed(text)!),
    ).map(match => `${match} goto doors`),
    // What else is in the operator's namespace is not for workloads: neither its services nor its routes, by their advertisements.
    ...(isForeign ? [`iifname "${bridgeName}" drop`] : []),
    '}',
    'chain doors {',
    // The address of a workload is its own only behind its port.
    ...matches('saddr', workloadAddresses(plan)).map(match => `iifname != "${bridgeName}" ${match} drop`),
    ...plan.resolvers.flatMap(address =>
      ['udp', 'tcp'].flatMap(protocol =>
        admission({ address, sources: plan.sources }, `${protocol} dport ${ports.resolver}`),
      ),
    ),
    ...plan.doors.flatMap(door => admission(door, `tcp dport ${ports.endpoint}`)),
    'drop',
    '}',
    // Nothing is passed on: a VPC's namespace is no router. The operator's may be one, for links of his own.
    'chain forward {',
    `type filter hook forward priority filter; policy ${isForeign ? 'accept' : 'drop'};`,
    `iifname "${bridgeName}" drop`,
    `oifname "${bridgeName}" drop`,
    '}',
  ]
}

function admission(
  { address, sources }: { readonly address: string; readonly sources: readonly string[] },
  port: string,
): readonly string[] {
  const to = parsePrefixed(address)!
  const from = sources.map(source => parsePrefixed(source)!).filter(({ family }) => family === to.family)
  return matches('saddr', from).map(match => `${keyword(to)} daddr ${formatAddress(to)} ${match} ${port} accept`)
}

/**
 * What workloads may send to the bridge: each from its own port, MAC address and addresses. A workload that took another's address would
 * be in its groups. What goes from one workload to another is not carried: nobody would ask its groups' rules.
 */
function bridgeChains(plan: NamespacePlan, { isForeign }: RulesOptions): readonly string[] {
  // What else is bridged in the operator's namespace is his own.
  const policy = isForeign ? 'policy accept;' : 'policy drop;'
  return [
    'chain from-workloads {',
    `type filter hook prerouting priority dstnat; ${policy}`,
    ...plan.workloads.flatMap(portRules),
    'iifname "pw*" drop',
    '}',
    'chain between-workloads {',
    `type filter hook forward priority filter; ${policy}`,
    'iifname "pw*" drop',
    'oifname "pw*" drop',
    '}',
  ]
}

function portRules({ interfaceId, addresses }: WorkloadPlan): readonly string[] {
  const from = `iifname "${workloadPort(interfaceId)}" ether saddr ${workloadMac(interfaceId)}`
  return addresses.flatMap(address => {
    const parsed = parsePrefixed(address)!
    const text = formatAddress(parsed)
    if (parsed.family === 4) return [`${from} arp saddr ip ${text} accept`, `${from} ip saddr ${text} accept`]
    // Neighbours ask each other from addresses of the link too.
    return [`${from} ip6 saddr { ${text}, fe80::/10 } accept`]
  })
}

const workloadAddresses = ({ workloads }: NamespacePlan): readonly PrefixedAddress[] =>
  workloads.flatMap(({ addresses }) => addresses.map(text => parsePrefixed(text)!))

const keyword = ({ family }: PrefixedAddress): string => (family === 4 ? 'ip' : 'ip6')

/** One match for each kind of address that occurs. */
function matches(side: 'saddr' | 'daddr', addresses: readonly PrefixedAddress[]): readonly string[] {
  return ([4, 6] as const).flatMap(family => {
    const blocks = withoutOverlaps(addresses.filter(address => address.family === family))
    const [first] = blocks
    if (first === undefined) return []
    const texts = blocks.map(block => (isSingle(block) ? formatAddress(block) : formatPrefixed(block)))
    return [`${keyword(first)} ${side} { ${texts.join(', ')} }`]
  })
}
