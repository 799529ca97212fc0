import { AUTHORITATIVE_ANSWER, RECURSION_DESIRED, TRUNCATED_RESPONSE, decode, encode } from 'dns-packet'
import type { DecodedPacket, OptAnswer, Packet, SoaAnswer, StringAnswer } from 'dns-packet'
import type { VpcView } from '../doors/network-view.ts'
import { endpointNames } from '../model/dns-names.ts'
import { findOwnedZone, hasNamesBelow } from './owned-zones.ts'
import type { ServedNames } from './owned-zones.ts'

const timeToLive = 60
const plainUdpBytes = 512
const ednsUdpBytes = 1_232
const headerBytes = 12
const formatError = 1
const serverFailure = 2
const nameError = 3
const refused = 5
// BADVERS is 16: its upper bits stand in the OPT record, the lower four in the header.
const badVersionUpperBits = 1
// Bits of the header's third byte that say what kind of query it is; 0 is the ordinary one.
const opcodeMask = 0x78
const responseBit = 0x80
const desiredBit = 0x01

/** What becomes of a query: an answer, silence, or somebody else's business. */
export type QueryOutcome =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'forward' }
  | { readonly kind: 'silence' }

/** What the answer to a query depends on beside the query: the VPC that asks, and what is served to it. */
export interface QueryContext extends ServedNames {
  readonly view: VpcView
  /** The address that a client can reach an interface at. */
  readonly servedAddress: (address: string) => string
  /** The public door's address, where served names without an endpoint shall lead to it. */
  readonly publicAddress?: string | undefined
  readonly canForward: boolean
  /** Turns with each query, so that the addresses of a name come in another order. */
  readonly turn: number
}

/**
 * Answers a DNS query (RFC 1035) of a VPC. Names of served services, and of KMS anywhere, are answered or denied and never
 * passed on: a client that asked elsewhere would send its plaintext to somebody else's KMS.
 */
export function answerQuery(bytes: Buffer, transport: 'udp' | 'tcp', context: QueryContext): QueryOutcome {
  // An answer is never answered: two servers would talk for ever.
  if (bytes.length < headerBytes || (bytes[2]! & responseBit) !== 0) return { kind: 'silence' }
  const query = parseQuery(bytes)
  if (query === undefined) return { kind: 'answer', bytes: bareAnswer(bytes, formatError) }
  const limit = transport === 'tcp' ? 65_535 : udpLimit(query)
  if ((optOf(query)?.ednsVersion ?? 0) > 0) return answered(query, { flags: 0 }, limit, badVersionUpperBits)
  const [question] = query.questions ?? []
  const isPlain = (bytes[2]! & opcodeMask) === 0 && query.questions?.length === 1 && (question!.class ?? 'IN') === 'IN'
  if (!isPlain || question === undefined) return answered(query, { flags: refused }, limit)
  const zone = findOwnedZone(question.name.toLowerCase(), context)
  if (zone === undefined) return context.canForward ? { kind: 'forward' } : answered(query, { flags: refused }, limit)
  return answered(query, ownAnswer(question, zone, context), limit)
}

/** What is said of a query that nobody answers: SERVFAIL. */
export function failedQuery(bytes: Buffer): Buffer {
  const query = parseQuery(bytes)
  if (query === undefined) return bareAnswer(bytes, serverFailure)
  return encode({ ...answerTo(query, 0), flags: serverFailure | desiredFlag(query) })
}

type Question = NonNullable<DecodedPacket['questions']>[number]

function ownAnswer(question: Question, zone: string, context: QueryContext): Packet & { readonly flags: number } {
  const name = question.name.toLowerCase()
  const addresses = addressesOf(name, context)
  const authorities = [startOfAuthority(zone)]
  const exists = addresses !== undefined || hasNamesBelow(name, context)
  if (!exists) return { flags: AUTHORITATIVE_ANSWER | nameError, authorities }
  if (question.type === 'SOA' && name === zone) {
    return { flags: AUTHORITATIVE_ANSWER, answers: [{ ...startOfAuthority(zone), name: question.name }] }
  }
  if (question.type !== 'A' || addresses === undefined) return { flags: AUTHORITATIVE_ANSWER, authorities }
  const answers = addresses.map((data): StringAnswer => ({ type: 'A', name: question.name, ttl: timeToLive, data }))
  return { flags: AUTHORITATIVE_ANSWER, answers }
}

function parseQuery(bytes: Buffer): DecodedPacket | undefined {
  try {
    const query = decode(bytes)
    // RFC 6891 section 6.1.1: more than one makes it no message.
    return optRecords(query).length > 1 ? undefined : query
  } catch {
    return undefined
  }
}

const optRecords = (query: DecodedPacket): readonly OptAnswer[] =>
  (query.additionals ?? []).filter(record => record.type === 'OPT')

const optOf = (query: DecodedPacket): OptAnswer | undefined => optRecords(query)[0]

/** The header alone, as an answer: all that can be said where the rest could not be read. */
function bareAnswer(bytes: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(headerBytes)
  bytes.copy(answer, 0, 0, 2)
  answer[2] = responseBit | (bytes[2]! & (opcodeMask | desiredBit))
  answer[3] = code
  return answer
}

function udpLimit(query: DecodedPacket): number {
  const edns = optOf(query)
  if (edns === undefined) return plainUdpBytes
  return Math.max(plainUdpBytes, Math.min(edns.udpPayloadSize, ednsUdpBytes))
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

function startOfAuthority(zone: string): SoaAnswer {
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

const desiredFlag = (query: DecodedPacket): number => (query.flag_rd ? RECURSION_DESIRED : 0)

function answerTo(query: DecodedPacket, extendedRcode: number): Packet {
  const opt: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: ednsUdpBytes,
    flags: 0,
    options: [],
    extendedRcode,
    ednsVersion: 0,
    flag_do: false,
  }
  return {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    questions: query.questions ?? [],
    additionals: optOf(query) === undefined ? [] : [opt],
  }
}

function answered(
  query: DecodedPacket,
  packet: Packet & { readonly flags: number },
  limit: number,
  extendedRcode = 0,
): QueryOutcome {
  const base = answerTo(query, extendedRcode)
  const flags = packet.flags | desiredFlag(query)
  const bytes = encode({ ...base, ...packet, flags })
  if (bytes.length <= limit) return { kind: 'answer', bytes }
  return { kind: 'answer', bytes: encode({ ...base, flags: flags | TRUNCATED_RESPONSE }) }
}
