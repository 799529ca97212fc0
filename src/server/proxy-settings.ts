import ipaddr from 'ipaddr.js'
import { ConfigError } from '../base/index.ts'
import type { ProxyListenerSettings, ProxyPeer, ProxySettings } from '../network/index.ts'
import type { RawSettings } from './settings/gather-settings.ts'
import { formatHostPort, parseHostPort } from './host-port.ts'
import { requireOnce, several } from './settings/read-setting.ts'

const names = ['proxy-listen', 'proxy-peer', 'proxy-endpoint'] as const

/** What is said about proxies in front, all or nothing. @throws {ConfigError} */
export function proxySettingsOf(raw: RawSettings, isProxied: boolean): ProxySettings | undefined {
  const values = {
    listeners: several(raw, 'proxy-listen', {
      parse: parseListener,
      mustBe: 'HOST:PORT or HOST:PORT=vpce-…, such as 10.1.0.5:8443',
    }),
    allowances: several(raw, 'proxy-peer', {
      parse: parseAllowance,
      mustBe:
        'an address or a block that begins with its first address, such as 10.1.0.0/28, or that and =vpce-…; a block of all addresses would be everybody',
    }),
    pairs: several(raw, 'proxy-endpoint', {
      parse: parsePair,
      mustBe: 'the id of an endpoint of AWS’s, "=" and the id of one of ours',
    }),
  }
  if (!isProxied) {
    const useless = names.map(name => raw.get(name)).find(given => given !== undefined)
    if (useless !== undefined) throw new ConfigError(`Cannot use ${useless.place} without --network proxy`)
    return undefined
  }
  for (const [name, why] of [
    ['proxy-listen', 'where proxies connect'],
    ['proxy-peer', 'whose headers are believed'],
  ] as const) {
    if (!raw.has(name)) throw new ConfigError(`The proxy network needs --${name}: it says ${why}`)
  }
  requireOnce(raw, 'proxy-listen', values.listeners.filter(({ port }) => port !== 0).map(formatHostPort))
  requireOnce(
    raw,
    'proxy-endpoint',
    values.pairs.map(([theirs]) => theirs),
  )
  return { listeners: values.listeners, peers: gatherPeers(raw, values.allowances), endpointIds: new Map(values.pairs) }
}

type Allowance = readonly [block: string, endpointId: string | undefined]

/** One peer for each block, with all endpoints that are named for it. */
function gatherPeers(raw: RawSettings, allowances: readonly Allowance[]): readonly ProxyPeer[] {
  return [...Map.groupBy(allowances, ([block]) => block)].map(([block, own]) => {
    const endpointIds = own.flatMap(([, endpointId]) => endpointId ?? [])
    if (endpointIds.length === 0) return { block, endpointIds: undefined }
    if (endpointIds.length < own.length) {
      throw new ConfigError(
        `Cannot use ${raw.get('proxy-peer')!.place}: it lets ${block} speak for all endpoints and for some of them`,
      )
    }
    return { block, endpointIds: new Set(endpointIds) }
  })
}

const ourId = /^vpce-[0-9a-f]{17}$/
const theirId = /^vpce-[0-9a-f]{8}(?:[0-9a-f]{9})?$/

function parseListener(text: string): ProxyListenerSettings | undefined {
  const [address = '', endpointId, ...more] = text.split('=')
  const parsed = parseHostPort(address)
  if (parsed === undefined || more.length > 0) return undefined
  return endpointId === undefined || ourId.test(endpointId) ? { ...parsed, endpointId } : undefined
}

function parseAllowance(text: string): Allowance | undefined {
  const [where = '', endpointId, ...more] = text.split('=')
  const block = parsePeerBlock(where)
  if (block === undefined || more.length > 0) return undefined
  return endpointId === undefined || ourId.test(endpointId) ? [block, endpointId] : undefined
}

/** In its one way of writing. Bits behind the prefix would be a mistake about who is meant. */
function parsePeerBlock(text: string): string | undefined {
  const [host = '', bits, ...more] = text.split('/')
  const isWritten = ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)
  if (!isWritten || host.includes('%') || more.length > 0 || (bits !== undefined && !/^[1-9]\d{0,2}$/.test(bits))) {
    return undefined
  }
  const address = ipaddr.parse(host)
  // A socket's IPv4 address is never compared in this form.
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return undefined
  const most = address.kind() === 'ipv4' ? 32 : 128
  const prefix = Number(bits ?? most)
  if (prefix > most) return undefined
  const block = `${address.toString()}/${prefix}`
  const first = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  return first.networkAddressFromCIDR(block).toString() === address.toString() ? block : undefined
}

function parsePair(text: string): readonly [theirs: string, ours: string] | undefined {
  const [theirs = '', ours = '', ...more] = text.split('=')
  return theirId.test(theirs) && ourId.test(ours) && more.length === 0 ? [theirs, ours] : undefined
}
