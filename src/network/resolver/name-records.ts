import type { VpcView } from '../doors/network-view.ts'
import { endpointNames } from '../model/dns-names.ts'
import type { EndpointName } from '../model/dns-names.ts'
import { addressOfHostName, findReverseName, hostNameOf } from '../model/host-names.ts'
import type { EndpointInterface, EndpointValue } from '../model/records.ts'
import { hasHostNames } from './owned-zones.ts'
import type { OwnedZones } from './owned-zones.ts'

/** A record of a name of ours. */
export interface NameRecord {
  readonly type: 'A' | 'AAAA' | 'PTR'
  readonly data: string
}

/** What the records of a name depend on beside the name. */
export interface NameContext {
  readonly view: VpcView
  readonly zones: OwnedZones
  /** The address that a client can reach an interface at. */
  readonly servedAddress: (address: string) => string
  /** Whether the doors are open at IPv6 addresses too. */
  readonly hasIpv6: boolean
  /** Whether the door of an interface is open. */
  readonly isOpen: (one: EndpointInterface) => boolean
  /** The public door's address, where served names without an endpoint shall lead to it. */
  readonly publicAddress?: string | undefined
  /** Another one for each query, so that the addresses of a name come in another order. */
  readonly turn: number
}

/** All records of a name, or `undefined` where there is no such name. */
export function findRecords(name: string, context: NameContext): readonly NameRecord[] | undefined {
  const { view, zones, servedAddress, publicAddress } = context
  const found = endpointNamesOf(view).get(name)
  if (found !== undefined) return recordsOf(found.endpoint, found.known, context)
  if (publicAddress !== undefined && zones.servedNames.has(name)) return [{ type: 'A', data: publicAddress }]
  if (!hasHostNames(view.vpc)) return undefined
  const address = addressOfHostName(name, view.vpc)
  if (address !== undefined) return [{ type: 'A', data: servedAddress(address) }]
  const reverse = findReverseName(name, view.vpc)
  return reverse?.kind === 'address' ? [{ type: 'PTR', data: hostNameOf(reverse.address, view.vpc.region) }] : undefined
}

interface FoundName {
  readonly endpoint: EndpointValue
  readonly known: EndpointName
}

/** A view stays as it is: another one comes in its place. */
const namesOfViews = new WeakMap<VpcView, ReadonlyMap<string, FoundName>>()

function endpointNamesOf(view: VpcView): ReadonlyMap<string, FoundName> {
  const known = namesOfViews.get(view)
  if (known !== undefined) return known
  const names = new Map<string, FoundName>()
  for (const endpoint of view.endpoints) {
    if (endpoint.state !== 'available') continue
    for (const name of endpointNames(endpoint)) {
      const isThere = name.kind !== 'private' || hasHostNames(view.vpc)
      if (isThere && !names.has(name.name)) names.set(name.name, { endpoint, known: name })
    }
  }
  namesOfViews.set(view, names)
  return names
}

function recordsOf(
  endpoint: EndpointValue,
  known: EndpointName,
  { servedAddress, hasIpv6, isOpen, turn }: NameContext,
): readonly NameRecord[] {
  const types = recordTypes(endpoint, known)
  const interfaces = turned(answering(known, isOpen), turn)
  const records = (type: 'A' | 'AAAA', addressOf: (one: EndpointInterface) => string | undefined): NameRecord[] =>
    types.has(type) ? interfaces.flatMap(addressOf).flatMap(data => (data === undefined ? [] : [{ type, data }])) : []
  return [
    ...records('A', one => one.address && servedAddress(one.address)),
    ...(hasIpv6 ? records('AAAA', one => one.ipv6Address && servedAddress(one.ipv6Address)) : []),
  ]
}

/** A name of several interfaces leads to those whose doors are open. Where none is, a refused connection says more than no name. */
function answering({ interfaces }: EndpointName, isOpen: NameContext['isOpen']): readonly EndpointInterface[] {
  const open = interfaces.filter(isOpen)
  return open.length > 0 ? open : interfaces
}

function turned<T>(all: readonly T[], turn: number): readonly T[] {
  const start = turn % all.length
  return [...all.slice(start), ...all.slice(0, start)]
}

const onlyA: ReadonlySet<string> = new Set(['A'])
const onlyAaaa: ReadonlySet<string> = new Set(['AAAA'])
const both: ReadonlySet<string> = new Set(['A', 'AAAA'])

/** Which records a name of an endpoint has, by its DnsRecordIpType. */
function recordTypes(
  { dnsRecordIpType, ipAddressType }: EndpointValue,
  { kind, name }: EndpointName,
): ReadonlySet<string> {
  switch (dnsRecordIpType ?? ipAddressType ?? 'ipv4') {
    case 'ipv4':
      return onlyA
    case 'ipv6':
      return onlyAaaa
    case 'dualstack':
      return both
    case 'service-defined':
      // The endpoint's own names have both; a service's public name has what it has outside: only `api.aws` is dual-stack.
      return kind === 'private' && !name.endsWith('.api.aws') ? onlyA : both
  }
}
