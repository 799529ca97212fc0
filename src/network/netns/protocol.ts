import ipaddr from 'ipaddr.js'
import type { DoorPlan, NamespacePlan, WorkloadPlan } from './namespace-plan.ts'
import { formatAddress, formatPrefixed, isBlock, isSingle, parsePrefixed } from './prefixed-address.ts'
import type { PrefixedAddress } from './prefixed-address.ts'

/** The ports that the rules let through. */
export interface ServedPorts {
  readonly endpoint: number
  readonly resolver: number
}

/** A socket that is wanted inside the namespace of a VPC. */
export interface SocketWish {
  readonly kind: 'listen-tcp' | 'bind-udp' | 'connect'
  readonly vpcId: string
  readonly address: string
  readonly port: number
}

/** What the server asks its network helper for. */
export type HelperOrder =
  | { readonly kind: 'settle'; readonly plans: readonly NamespacePlan[]; readonly ports: ServedPorts }
  | SocketWish

/** An order with the number that its answer has. */
export interface HelperRequest {
  readonly id: number
  readonly order: HelperOrder
}

/** What could not be done for one VPC. */
export interface NamespaceProblem {
  readonly vpcId: string
  readonly reason: string
}

/** Which namespace a VPC's name leads to: another text once it was made anew, even under the same name. */
export interface NamespacePlace {
  readonly vpcId: string
  readonly place: string
}

/** What came of bringing the namespaces in line. */
export interface SettleOutcome {
  readonly problems: readonly NamespaceProblem[]
  /** Of VPCs whose namespace is there, whether or not it is as it should be. */
  readonly places: readonly NamespacePlace[]
}

/**
 * What the helper says. A socket comes with `socket`; the server says `received`, the helper closes its own copy and says `done`: from
 * then on only the server takes connections from it.
 */
export type HelperAnswer =
  | { readonly kind: 'socket' | 'done'; readonly id: number }
  | ({ readonly kind: 'settled'; readonly id: number } & SettleOutcome)
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }

/** A message of the server to its helper: a request, or the word that a socket has come. */
export type ServerMessage = HelperRequest | { readonly received: number }

type Fields = Readonly<Record<string, unknown>>

/** As many VPCs as there are windows; the other limits are far above what AWS's quotas let come about. */
const most = { plans: 254, blocks: 2_000, subnets: 1_000, doors: 2_000, workloads: 4_000 }

/**
 * Reads a message of the server; `undefined` for what is none. The helper may have rights that the server lacks, so nothing is taken as
 * it is: addresses come out as they are written from their numbers.
 */
export function parseServerMessage(message: unknown): ServerMessage | undefined {
  if (!isFields(message)) return undefined
  if (isCount(message['received'])) return { received: message['received'] }
  const { id, order } = message
  const parsed = isFields(order) ? parseOrder(order) : undefined
  return isCount(id) && parsed !== undefined ? { id, order: parsed } : undefined
}

function parseOrder(order: Fields): HelperOrder | undefined {
  const { kind, vpcId, port } = order
  switch (kind) {
    case 'settle': {
      const plans = listOf(order['plans'], most.plans, parsePlan)
      const ports = isFields(order['ports']) ? parsePorts(order['ports']) : undefined
      if (plans === undefined || ports === undefined) return undefined
      // Two VPCs in one namespace would be one network.
      const isTwice = [plans.map(plan => plan.vpcId), plans.map(plan => plan.window)].some(
        values => new Set<string | number>(values).size < values.length,
      )
      return isTwice ? undefined : { kind, plans, ports }
    }
    case 'listen-tcp':
    case 'bind-udp':
    case 'connect': {
      const address = parseAddress(order['address'])
      return isVpcId(vpcId) && isPort(port) && address !== undefined ? { kind, vpcId, port, address } : undefined
    }
    default:
      return undefined
  }
}

function parsePorts({ endpoint, resolver }: Fields): ServedPorts | undefined {
  return isPort(endpoint) && isPort(resolver) ? { endpoint, resolver } : undefined
}

function parsePlan(plan: unknown): NamespacePlan | undefined {
  if (!isFields(plan)) return undefined
  const { vpcId, window } = plan
  const sources = listOf(plan['sources'], most.blocks, parseBlockText)
  const gateways = listOf(plan['gateways'], most.subnets, parseAddress)
  const resolvers = listOf(plan['resolvers'], 3, parseAddress)
  const doors = listOf(plan['doors'], most.doors, parseDoor)
  const workloads = listOf(plan['workloads'], most.workloads, parseWorkload)
  if (!isVpcId(vpcId) || !isWindow(window) || sources === undefined || gateways === undefined) return undefined
  if (resolvers === undefined || doors === undefined || workloads === undefined) return undefined
  return { vpcId, window, sources, gateways, resolvers, doors, workloads }
}

function parseDoor(door: unknown): DoorPlan | undefined {
  if (!isFields(door)) return undefined
  const address = parseAddress(door['address'])
  const sources = listOf(door['sources'], most.blocks, parseBlockText)
  return address === undefined || sources === undefined ? undefined : { address, sources }
}

function parseWorkload(workload: unknown): WorkloadPlan | undefined {
  if (!isFields(workload)) return undefined
  const { interfaceId } = workload
  const addresses = listOf(workload['addresses'], 2, parseAddress)
  const isInterface = typeof interfaceId === 'string' && /^eni-[0-9a-f]{17}$/.test(interfaceId)
  return isInterface && addresses !== undefined ? { interfaceId, addresses } : undefined
}

function parseAddress(text: unknown): string | undefined {
  const parsed = prefixedOf(text)
  if (parsed === undefined || !isSingle(parsed)) return undefined
  const address = formatAddress(parsed)
  return elsewhere.has(ipaddr.parse(address).range()) ? undefined : address
}

/** Ranges that no VPC's addresses are of: in a namespace of the operator's own, other services are there. */
const elsewhere: ReadonlySet<string> = new Set(['unspecified', 'loopback', 'multicast', 'broadcast', 'ipv4Mapped'])

function parseBlockText(text: unknown): string | undefined {
  const parsed = prefixedOf(text)
  return parsed !== undefined && isBlock(parsed) ? formatPrefixed(parsed) : undefined
}

const prefixedOf = (text: unknown): PrefixedAddress | undefined =>
  typeof text === 'string' ? parsePrefixed(text) : undefined

/** All of a list, or nothing: what is left out would be a rule that is not there. */
function listOf<T>(list: unknown, longest: number, parse: (one: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(list) || list.length > longest) return undefined
  const parsed = list.map(parse).filter(one => one !== undefined)
  return parsed.length === list.length ? parsed : undefined
}

/** Reads an answer of the helper; `undefined` for what is none. */
export function parseHelperAnswer(message: unknown): HelperAnswer | undefined {
  if (!isFields(message) || !isCount(message['id'])) return undefined
  const { kind, id, reason } = message
  switch (kind) {
    case 'socket':
    case 'done':
      return { kind, id }
    case 'failed':
      return typeof reason === 'string' ? { kind, id, reason } : undefined
    case 'settled': {
      const problems = listOf(message['problems'], most.plans, parseProblem)
      const places = listOf(message['places'], most.plans, parsePlace)
      return problems === undefined || places === undefined ? undefined : { kind, id, problems, places }
    }
    default:
      return undefined
  }
}

function parseProblem(problem: unknown): NamespaceProblem | undefined {
  if (!isFields(problem)) return undefined
  const { vpcId, reason } = problem
  return isVpcId(vpcId) && typeof reason === 'string' ? { vpcId, reason } : undefined
}

function parsePlace(one: unknown): NamespacePlace | undefined {
  if (!isFields(one)) return undefined
  const { vpcId, place } = one
  return isVpcId(vpcId) && typeof place === 'string' && place.length <= longestPlace ? { vpcId, place } : undefined
}

// The name of a file and a number.
const longestPlace = 300

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isPort = (value: unknown): value is number => isCount(value) && value >= 1 && value <= 65_535
const isWindow = (value: unknown): value is number => isCount(value) && value >= 1 && value <= 254
const isVpcId = (value: unknown): value is string => typeof value === 'string' && /^vpc-[0-9a-f]{17}$/.test(value)
