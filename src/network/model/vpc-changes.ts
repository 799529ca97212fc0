import { newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { nextIpv6Block } from './ipv6-pool.ts'
import { securityGroupCollection, vpcClientsCollection, vpcCollection, windowCollection } from './records.ts'
import type {
  BlockAssociation,
  NetworkTag,
  RulePeer,
  SecurityGroupRule,
  SecurityGroupValue,
  VpcValue,
} from './records.ts'
import { removeRouteTable } from './route-tables.ts'
import type { RouteTable } from './route-tables.ts'

/** How many VPCs an installation can serve on loopback: 127.1 to 127.254. */
export const maxWindows = 254

/** What the caller of CreateVpc decides; all of it must have been checked. */
export interface NewVpc {
  readonly account: string
  readonly region: string
  readonly cidr: string
  readonly tags: readonly NetworkTag[]
  /** Whether it has an IPv6 block too. */
  readonly hasIpv6?: boolean
}

/** Makes a VPC with its default security group, in the first free loopback window; `undefined` where there is none. */
export function createVpc(
  { hasIpv6 = false, ...wanted }: NewVpc,
  usedWindows: ReadonlySet<number>,
  random: Random,
): { readonly vpc: VpcValue; readonly writes: readonly Write[] } | undefined {
  const window = firstFree(usedWindows)
  if (window === undefined) return undefined
  const vpcId = newResourceId('vpc', random)
  const vpc: VpcValue = {
    ...wanted,
    vpcId,
    window,
    enableDnsSupport: true,
    enableDnsHostnames: false,
    ...(hasIpv6 ? { ipv6Associations: [newIpv6Association({ window }, random)] } : {}),
  }
  const group = defaultGroup(vpc, random)
  return {
    vpc,
    writes: [
      put(windowCollection, String(window), { vpcId }, 'absent'),
      put(vpcCollection, vpcId, vpc, 'absent'),
      put(securityGroupCollection, group.groupId, group, 'absent'),
    ],
  }
}

/** A block that becomes a VPC's, under an id of its own. */
export function newAssociation(cidr: string, random: Random): BlockAssociation {
  return { associationId: newResourceId('vpc-cidr-assoc', random), cidr }
}

/** The next IPv6 block of a VPC, under an id of its own. */
export function newIpv6Association(
  vpc: Pick<VpcValue, 'window' | 'ipv6Associations'>,
  random: Random,
): BlockAssociation {
  return newAssociation(nextIpv6Block(vpc), random)
}

function firstFree(used: ReadonlySet<number>): number | undefined {
  for (let window = 1; window <= maxWindows; window++) if (!used.has(window)) return window
  return undefined
}

/** The group that a VPC is born with: its members reach each other, and everything outside. */
function defaultGroup(vpc: VpcValue, random: Random): SecurityGroupValue {
  const { account, region, vpcId } = vpc
  const groupId = newResourceId('sg', random)
  const members: SecurityGroupRule = {
    ruleId: newResourceId('sgr', random),
    direction: 'ingress',
    protocol: '-1',
    peer: { kind: 'group', groupId },
  }
  const rules = [members, ...allEgress(vpc, random)]
  return {
    account,
    region,
    vpcId,
    groupId,
    name: 'default',
    description: 'default VPC security group',
    rules,
    tags: [],
  }
}

/** The rules that every new group has: everything may go out, by IPv6 too where the VPC has a block of it. */
export function allEgress(vpc: Pick<VpcValue, 'ipv6Associations'>, random: Random): readonly SecurityGroupRule[] {
  const peers: RulePeer[] = [{ kind: 'ipv4', cidr: '0.0.0.0/0' }]
  if ((vpc.ipv6Associations ?? []).length > 0) peers.push({ kind: 'ipv6', cidr: '::/0' })
  return peers.map(peer => ({ ruleId: newResourceId('sgr', random), direction: 'egress', protocol: '-1', peer }))
}

const isAllIpv4 = ({ protocol, peer }: SecurityGroupRule): boolean =>
  protocol === '-1' && peer.kind === 'ipv4' && peer.cidr === '0.0.0.0/0'

/**
 * Lets everything out of a VPC's default group by IPv6 too, which AWS does when the VPC gets its first block of it: not where
 * somebody has changed what may go out.
 */
export function openDefaultGroup(
  vpc: Pick<VpcValue, 'ipv6Associations'>,
  group: StoredRecord<SecurityGroupValue>,
  random: Random,
): readonly Write[] {
  const [only, ...others] = group.value.rules.filter(rule => rule.direction === 'egress')
  if (only === undefined || others.length > 0 || !isAllIpv4(only)) return []
  const added = allEgress(vpc, random).filter(({ peer }) => peer.kind === 'ipv6')
  const rules = [...group.value.rules, ...added]
  return [put(securityGroupCollection, group.id, { ...group.value, rules }, group.version)]
}

/** Removes a VPC with its default group, its main route table and what the operator said about its clients, and gives its window back. */
export function deleteVpc(
  vpc: StoredRecord<VpcValue>,
  group: StoredRecord<SecurityGroupValue>,
  main: RouteTable | undefined,
): readonly Write[] {
  return [
    // The one that it was born with goes with its record.
    ...(main?.keptIn.kind === 'own record' ? removeRouteTable(main) : []),
    remove(vpcCollection, vpc.id, vpc.version),
    remove(securityGroupCollection, group.id, group.version),
    // Whoever writes these writes the VPC too: they can't come back behind it.
    remove(vpcClientsCollection, vpc.id, 'any'),
    remove(windowCollection, String(vpc.value.window), 'any'),
  ]
}

/** Changes some members of a VPC. The commit meets a conflict where it was changed since it was read. */
export function setVpc(vpc: StoredRecord<VpcValue>, changed: Partial<VpcValue>): readonly Write[] {
  return [put(vpcCollection, vpc.id, { ...vpc.value, ...changed }, vpc.version)]
}
