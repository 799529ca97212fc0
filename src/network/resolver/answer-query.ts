import { AUTHORITATIVE_ANSWER, RECURSION_DESIRED, TRUNCATED_RESPONSE, decode, encode } from 'dns-packet'
import type { DecodedPacket, Packet, StringAnswer } from 'dns-packet'
import type { VpcView } from '../doors/network-view.ts'
import { endpointNames } from '../model/dns-names.ts'
import { endpointServices, endpointZoneOf, otherNamesOf } from '../model/endpoint-services.ts'

const timeToLive = 60
const plainUdpBytes = 512
const ednsUdpBytes = 1_232
const refused = 5
const nameError = 3
// Bits of the header's third byte that say what kind of query it is; 0 is the ordinary one.
const opcodeMask = 0x78

/** What becomes of a query: an answer, silence, or somebody else's business. */
export type QueryOutcome =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'forward' }
  | { readonly kind: 'silence' }

export interface QueryContext {
  readonly view: VpcView
  readonly regions: readonly string[]
  /** Names of all services that this server serves at its public door. */
  readonly servedNames: readonly string[]
  /** The address that a client can reach an interface at. */
  readonly servedAddress: (address: string) => string
  /** The public door's address, where served names without an endpoint shall lead to it. */
  readonly publicAddress?: string | undefined
  readonly canForward: boolean
  /** Turns with each query, so that the addresses of a name come in another order. */
  readonly turn: number
}

/**
 * Answers a DNS query (RFC 1035) of a VPC. Names of served services are answered or denied and never passed on: a client that
 * asked elsewhere would send its plaintext to somebody else's KMS.
 */
export function answerQuery(bytes: Buffer, transport: 'udp' | 'tcp', context: QueryContext): QueryOutcome {
  const query = parseQuery(bytes)
  if (query === undefined) return { kind: 'silence' }
  const limit = transport === 'tcp' ? 65_535 : udpLimit(query)
  const [question] = query.questions ?? []
  const isPlain = (bytes[2]! & opcodeMask) === 0 && query.questions?.length === 1 && (question!.class ?? 'IN') === 'IN'
  if (!isPlain || question === undefined) return answered(query, { flags: refused }, limit)
  const name = question.name.toLowerCase()
  const zone = ownedZone(name, context)
  if (zone === undefined) return context.canForward ? { kind: 'forward' } : answered(query, { flags: refused }, limit)
  const addresses = addressesOf(name, context)
  const authorities = [startOfAuthority(zone)]
  if (addresses === undefined) return answered(query, { flags: AUTHORITATIVE_ANSWER | nameError, authorities }, limit)
  if (question.type !== 'A') return answered(query, { flags: AUTHORITATIVE_ANSWER, authorities }, limit)
  const answers = addresses.map((data): StringAnswer => ({ type: 'A', name: question.name, ttl: timeToLive, data }))
  return answered(query, { flags: AUTHORITATIVE_ANSWER, answers }, limit)
}

function parseQuery(bytes: Buffer): DecodedPacket | undefined {
  // An answer is never answered: two servers would talk for ever.
  if (bytes.length < 12 || (bytes[2]! & 0x80) !== 0) return undefined
  try {
    return decode(bytes)
  } catch {
    return undefined
  }
}

function udpLimit(query: DecodedPacket): number {
  const edns = query.additionals?.find(record => record.type === 'OPT')
  if (edns === undefined) return plainUdpBytes
  return Math.max(plainUdpBytes, Math.min(edns.udpPayloadSize, ednsUdpBytes))
}

/** The zone of ours that a name is in. */
function ownedZone(name: string, { regions, servedNames }: QueryContext): string | undefined {
  const isIn = (zone: string): boolean => name === zone || name.endsWith(`.${zone}`)
  for (const region of regions) {
    for (const { service } of endpointServices()) {
      const zone = [endpointZoneOf(service, region), ...otherNamesOf(service, region)].find(isIn)
      if (zone !== undefined) return zone
    }
  }
  return servedNames.find(isIn)
}

function addressesOf(
  name: string,
  { view, servedAddress, servedNames, publicAddress, turn }: QueryContext,
): readonly string[] | undefined {
  const hasPrivateNames = view.vpc.enableDnsSupport && view.vpc.enableDnsHostnames
  for (const endpoint of view.endpoints) {
    if (endpoint.state !== 'available') continue
    for (const known of endpointNames(endpoint)) {
      if (known.name !== name || (known.kind === 'private' && !hasPrivateNames)) continue
      const addresses = known.interfaces.map(one => servedAddress(one.address))
      const start = turn % addresses.length
      return [...addresses.slice(start), ...addresses.slice(0, start)]
    }
  }
  return publicAddress !== undefined && servedNames.includes(name) ? [publicAddress] : undefined
}

function startOfAuthority(zone: string): NonNullable<Packet['authorities']>[number] {
  const data = {
    mname: `ns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 3_600,
    retry: 600,
    expire: 86_400,
    minimum: timeToLive,
  }
  return { type: 'SOA', name: zone, ttl: timeToLive, data }
}

function answered(query: DecodedPacket, packet: Packet & { readonly flags: number }, limit: number): QueryOutcome {
  const edns: Packet['additionals'] = query.additionals?.some(record => record.type === 'OPT')
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: ednsUdpBytes,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        },
      ]
    : []
  const desired = query.flag_rd ? RECURSION_DESIRED : 0
  const base: Packet = {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    questions: query.questions ?? [],
    additionals: edns,
  }
  const bytes = encode({ ...base, ...packet, flags: packet.flags | desired })
  if (bytes.length <= limit) return { kind: 'answer', bytes }
  return { kind: 'answer', bytes: encode({ ...base, flags: packet.flags | desired | TRUNCATED_RESPONSE }) }
}
