import ipaddr from 'ipaddr.js'

/** What the operator says about the proxies in front. */
export interface ProxySettings {
  readonly listeners: readonly ProxyListenerSettings[]
  /** Whom headers are believed from. */
  readonly peers: readonly ProxyPeer[]
  /** Endpoints of ours, by the ids that AWS's load balancers give. */
  readonly endpointIds: ReadonlyMap<string, string>
}

/** Where connections of proxies come in. */
export interface ProxyListenerSettings {
  readonly host: string
  readonly port: number
  /** The one endpoint that it leads to; where there is none, headers must say it. */
  readonly endpointId: string | undefined
}

/** A proxy, or a block of addresses of proxies. */
export interface ProxyPeer {
  /** IPv4 or IPv6. */
  readonly block: string
  /** The endpoints that it may speak for; all where this is not given. */
  readonly endpointIds: ReadonlySet<string> | undefined
}

/** The peer that has an address: of several blocks that hold it, the smallest, as a route is chosen. */
export function findPeer({ peers }: ProxySettings, address: string): ProxyPeer | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const actual = ipaddr.process(address)
  return peers
    .map(peer => ({ peer, block: ipaddr.parseCIDR(peer.block) }))
    .filter(({ block }) => actual.kind() === block[0].kind() && actual.match(block))
    .toSorted((a, b) => b.block[1] - a.block[1])
    .at(0)?.peer
}

/**
 * The endpoint that a connection is for, or `undefined` where none is named, two different ones are, or the peer may not speak for it. An
 * id that no setting maps is one of ours or nothing.
 */
export function endpointOf(
  settings: ProxySettings,
  said: {
    readonly peer: ProxyPeer
    readonly listener: ProxyListenerSettings
    /** By the header. */
    readonly endpointId: string | undefined
  },
): string | undefined {
  const { peer, listener } = said
  const inHeader =
    said.endpointId === undefined ? undefined : (settings.endpointIds.get(said.endpointId) ?? said.endpointId)
  const endpointId = listener.endpointId ?? inHeader
  if (endpointId === undefined || (inHeader !== undefined && inHeader !== endpointId)) return undefined
  return peer.endpointIds === undefined || peer.endpointIds.has(endpointId) ? endpointId : undefined
}

/** Whether a listener may lead to an endpoint. */
export function leadsTo(listener: ProxyListenerSettings, endpointId: string): boolean {
  return listener.endpointId === undefined || listener.endpointId === endpointId
}
