import { ConfigError } from '../base/index.ts'
import type { RawSettings } from './settings/gather-settings.ts'
import { parsePort } from './host-port.ts'
import { checked, requireOnce, several, userName } from './settings/read-setting.ts'
import type { Kind } from './settings/read-setting.ts'

/** What only the driver `netns` has. */
export interface NetnsConfig {
  /** Whom the server runs as where root starts it: a name, or a number. */
  readonly runAs: string | undefined
  /** The operator's own namespaces, by VPC. */
  readonly namespaces: ReadonlyMap<string, string>
}

/** The settings that depend on whether VPCs are network namespaces. */
export interface NetnsSettings {
  readonly netns: NetnsConfig
  readonly endpointPort: number
  readonly resolverPort: number
}

/** What is said about namespaces, and the ports of doors and resolvers, which have other defaults in namespaces. @throws {ConfigError} */
export function netnsSettings(raw: RawSettings, isNetns: boolean): NetnsSettings {
  const namespaces = several(raw, 'vpc-namespace', vpcNamespace)
  const netns = { runAs: checked(raw, 'run-as', userName), namespaces: new Map(namespaces) }
  const useless = isNetns ? undefined : (raw.get('run-as') ?? raw.get('vpc-namespace'))
  if (useless !== undefined) throw new ConfigError(`Cannot use ${useless.place} without network netns`)
  for (const part of [0, 1] as const) {
    // Two VPCs in one namespace would be one network.
    requireOnce(
      raw,
      'vpc-namespace',
      namespaces.map(named => named[part]),
    )
  }
  const ownPort = isNetns ? realPort : port
  return {
    netns,
    endpointPort: checked(raw, 'endpoint-port', ownPort) ?? (isNetns ? 443 : 8443),
    resolverPort: checked(raw, 'resolver-port', ownPort) ?? (isNetns ? 53 : 8053),
  }
}

const port: Kind<number> = { parse: parsePort, mustBe: 'a port from 0 to 65535' }
// The rules of a namespace are there before its sockets.
const realPort: Kind<number> = { parse: text => parsePort(text) || undefined, mustBe: 'a port from 1 to 65535' }
const vpcNamespace: Kind<readonly [vpcId: string, name: string]> = {
  parse: parseVpcNamespace,
  mustBe: 'VPC=NAME, such as vpc-0123456789abcdef0=office; names that begin with "postern-" are Postern’s own',
}

function parseVpcNamespace(text: string): readonly [vpcId: string, name: string] | undefined {
  const match = /^(vpc-[0-9a-f]{17})=(?!postern-)([a-zA-Z0-9][a-zA-Z0-9_.-]{0,63})$/.exec(text)
  return match === null ? undefined : [match[1]!, match[2]!]
}
