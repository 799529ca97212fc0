import { isIP } from 'node:net'
import { ConfigError } from '../base/index.ts'
import type { Pkcs11Settings } from './custom-stores/pkcs11-tokens.ts'
import type { PermittedProxy } from './custom-stores/send-to-proxy.ts'
import type { RawSettings } from './settings/gather-settings.ts'
import { parseHostPort } from './host-port.ts'
import { checked, path, requireOnce, several, userName } from './settings/read-setting.ts'
import type { Kind } from './settings/read-setting.ts'

/** Which external key store proxies may be used. */
export interface ProxyConfig {
  readonly proxies: readonly PermittedProxy[]
  /** Absolute. */
  readonly authoritiesFile: string | undefined
  readonly timeoutMillis: number
}

/** The settings of custom key stores. */
export interface CustomStoreSettings {
  readonly xks: ProxyConfig
  /** Absent where AWS CloudHSM key stores have no HSMs. */
  readonly pkcs11: Pkcs11Settings | undefined
}

/** What is said about the proxies and HSMs of custom key stores. @throws {ConfigError} */
export function customStoreSettings(raw: RawSettings): CustomStoreSettings {
  const proxies = several(raw, 'xks-proxy', proxy)
  requireOnce(
    raw,
    'xks-proxy',
    proxies.map(({ endpoint }) => endpoint),
  )
  const xks = {
    proxies,
    authoritiesFile: path(raw, 'xks-authorities'),
    timeoutMillis: checked(raw, 'xks-timeout', milliseconds) ?? 250,
  }
  return { xks, pkcs11: pkcs11Settings(raw) }
}

function pkcs11Settings(raw: RawSettings): Pkcs11Settings | undefined {
  const module = path(raw, 'pkcs11-module')
  const tokens = several(raw, 'cloudhsm-token', clusterToken)
  const user = checked(raw, 'pkcs11-user', userName)
  if (module === undefined) {
    const useless = raw.get('cloudhsm-token') ?? raw.get('pkcs11-user')
    if (useless !== undefined) throw new ConfigError(`Cannot use ${useless.place} without pkcs11-module`)
    return undefined
  }
  for (const part of [0, 1] as const) {
    // One login for two clusters would be one store's keys in another's hands.
    requireOnce(
      raw,
      'cloudhsm-token',
      tokens.map(named => named[part]),
    )
  }
  const labels = new Map(tokens.map(([cluster, label]) => [cluster, label]))
  const owners = new Map(
    tokens.flatMap(([cluster, , owner]) => (owner === undefined ? [] : [[cluster, owner] as const])),
  )
  return { module, user, tokens: labels, owners }
}

const milliseconds: Kind<number> = {
  parse: text => (/^\d{2,5}$/.test(text) && Number(text) <= 30_000 ? Number(text) : undefined),
  mustBe: 'a number of milliseconds from 10 to 30000',
}
const proxy: Kind<PermittedProxy> = {
  parse: parseProxy,
  mustBe: 'https:// and a name, such as https://xks.example.com, or that and =HOST:PORT',
}
const clusterToken: Kind<ClusterToken> = {
  parse: parseClusterToken,
  mustBe: 'CLUSTER=LABEL, such as cluster-aaaaaaaaaaa=kms, or ACCOUNT:CLUSTER=LABEL',
}
function parseProxy(text: string): PermittedProxy | undefined {
  const match = /^(https:\/\/([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?))(?:=(.+))?$/.exec(text)
  const [, endpoint = '', name = '', elsewhere] = match ?? []
  const address = elsewhere === undefined ? { host: name, port: 443 } : parseHostPort(elsewhere)
  // A certificate is for a name, and an address would be checked as nothing else.
  if (match === null || address === undefined || isIP(name) !== 0) return undefined
  return { endpoint: endpoint.toLowerCase(), address }
}

/** A cluster, the label of its token, and the account that it is of where that is said. */
type ClusterToken = readonly [cluster: string, label: string, owner: string | undefined]

function parseClusterToken(text: string): ClusterToken | undefined {
  const match = /^(?:(\d{12}):)?(cluster-[2-7a-zA-Z]{11,16})=(\S(?:.{0,30}\S)?)$/.exec(text)
  return match === null ? undefined : [match[2]!, match[3]!, match[1]]
}
