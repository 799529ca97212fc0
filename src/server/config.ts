import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { ConfigError } from '../base/index.ts'
import type { OwnCertificateFiles } from './certificates/own-certificates.ts'
import type { Pkcs11Settings } from './custom-stores/pkcs11-tokens.ts'
import type { PermittedProxy } from './custom-stores/send-to-proxy.ts'
import { gatherSettings, passphraseVariable, ranks } from './gather-settings.ts'
import type { ConfigSources, RawSettings } from './gather-settings.ts'
import { parseHostPort, parsePort } from './host-port.ts'
import type { HostPort } from './host-port.ts'
import { changeRates, standardRates } from './kms-quotas.ts'
import type { QuotaRates } from './kms-quotas.ts'
import { proxySettingsOf } from './proxy-settings.ts'
import type { ProxySettings } from '../network/index.ts'

/** The checked configuration of a server. Secrets are no part of it. */
export interface Config {
  /** Absolute. */
  readonly dataDirectory: string
  readonly rootKey: RootKeySource
  readonly api: HostPort
  /** Of the operator's own. */
  readonly certificates: OwnCertificateFiles
  readonly publicKms: boolean
  readonly kmsQuotas: QuotaRates
  /** At least one; the first is the default. */
  readonly regions: readonly [string, ...string[]]
  readonly network: 'loopback' | 'netns' | 'proxy'
  /** The proxies in front; there are some where the network is of that kind. */
  readonly proxy: ProxySettings | undefined
  readonly netns: NetnsConfig
  /** Whether endpoints can be made for services with FIPS. */
  readonly fipsEndpoints: boolean
  readonly endpointPort: number
  readonly resolverPort: number
  readonly resolverUpstream: HostPort | undefined
  /** IPv4. */
  readonly resolverPublicAddress: string | undefined
  readonly xks: ProxyConfig
  /** Absent where AWS CloudHSM key stores have no HSMs. */
  readonly pkcs11: Pkcs11Settings | undefined
  /** The roots whose attestation documents are believed: `aws`, or absolute paths of certificates. */
  readonly attestationRoots: readonly string[]
  readonly metrics: HostPort
  /** Whether the operator chose the metrics address; if not, another port is taken where it is in use. */
  readonly metricsChosen: boolean
  readonly trailDurability: 'written' | 'synced'
  readonly logLevel: string
}

/** What only the driver `netns` has. */
export interface NetnsConfig {
  /** Whom the server runs as where root starts it: a name, or a number. */
  readonly runAs: string | undefined
  /** The operator's own namespaces, by VPC. */
  readonly namespaces: ReadonlyMap<string, string>
}

/** Which external key store proxies may be used. */
export interface ProxyConfig {
  readonly proxies: readonly PermittedProxy[]
  /** Absolute. */
  readonly authoritiesFile: string | undefined
  readonly timeoutMillis: number
}

/** Where the root key comes from: a key file, or a passphrase, by where that is read. */
export type RootKeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'passphrase-fd'; readonly descriptor: number }
  | { readonly kind: 'passphrase-environment' }
  | { readonly kind: 'passphrase-prompt' }

/**
 * Reads the configuration: flags over environment over the configuration file. That is the one named with `--config`, else with
 * `POSTERN_CONFIG`, else `postern.toml` of the working directory where there is one. Relative paths in it begin at its folder.
 *
 * @throws {ConfigError} that names the place of the wrong or unknown setting.
 */
export function readConfig(sources: ConfigSources): Config {
  return checkConfig(gatherSettings(sources), sources.environment)
}

function checkConfig(raw: RawSettings, environment: ConfigSources['environment']): Config {
  const dataDirectory = path(raw, 'data-dir') ?? join(xdg(environment, 'XDG_DATA_HOME', '.local/share'), 'postern')
  const network = checked(raw, 'network', oneOf('loopback', 'netns', 'proxy')) ?? 'loopback'
  return {
    dataDirectory,
    rootKey: rootKeySource(raw, environment, dataDirectory),
    api: checked(raw, 'api', hostPort) ?? { host: '127.0.0.1', port: 8443 },
    certificates: certificatesOf(raw),
    publicKms: (checked(raw, 'public-kms', oneOf('on', 'off')) ?? 'on') === 'on',
    kmsQuotas: quotasOf(raw),
    regions: regionsOf(raw),
    network,
    ...netnsSettings(raw, network === 'netns'),
    proxy: proxySettingsOf(raw, network === 'proxy'),
    fipsEndpoints: (checked(raw, 'fips-endpoints', oneOf('on', 'off')) ?? 'off') === 'on',
    resolverUpstream: checked(raw, 'resolver-upstream', hostPort),
    resolverPublicAddress: checked(raw, 'resolver-public-address', ipv4),
    ...customStoreSettings(raw),
    attestationRoots: attestationRootsOf(raw),
    metrics: checked(raw, 'metrics', loopback) ?? { host: '127.0.0.1', port: 9464 },
    metricsChosen: raw.has('metrics'),
    trailDurability: checked(raw, 'trail-durability', oneOf('written', 'synced')) ?? 'written',
    logLevel: checked(raw, 'log-level', oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')) ?? 'info',
  }
}

function xdg(environment: ConfigSources['environment'], variable: string, fallback: string): string {
  const value = environment[variable]
  return value !== undefined && value.startsWith('/') ? value : join(homedir(), fallback)
}

function rootKeySource(
  raw: RawSettings,
  environment: ConfigSources['environment'],
  dataDirectory: string,
): RootKeySource {
  switch (chosenRootKey(raw, environment)) {
    case 'passphrase-fd':
      return { kind: 'passphrase-fd', descriptor: checked(raw, 'passphrase-fd', descriptor)! }
    case 'passphrase-prompt':
      return { kind: 'passphrase-prompt' }
    case passphraseVariable:
      return { kind: 'passphrase-environment' }
    default:
      return { kind: 'file', path: rootKeyPath(raw, environment, dataDirectory) }
  }
}

/** The one way that is given nearest to the command line. Two ways in one place are a mistake. */
function chosenRootKey(raw: RawSettings, environment: ConfigSources['environment']): string | undefined {
  const asksForPassphrase = checked(raw, 'passphrase-prompt', oneOf('true', 'false')) === 'true'
  const given = new Map(['root-key', 'passphrase-fd'].map(name => [name, raw.get(name)?.rank]))
  if (asksForPassphrase) given.set('passphrase-prompt', raw.get('passphrase-prompt')?.rank)
  if (environment[passphraseVariable] !== undefined) given.set(passphraseVariable, 'environment')
  for (const rank of ranks) {
    const chosen = [...given.keys()].filter(name => given.get(name) === rank)
    if (chosen.length > 1) throw new ConfigError(`Give only one of ${chosen.join(' and ')}: there is one root key`)
    if (chosen.length === 1) return chosen[0]
  }
  return undefined
}

function rootKeyPath(raw: RawSettings, environment: ConfigSources['environment'], dataDirectory: string): string {
  const file = path(raw, 'root-key') ?? join(xdg(environment, 'XDG_CONFIG_HOME', '.config'), 'postern', 'root.key')
  if (file.startsWith(dataDirectory + sep) || dirname(file) === dataDirectory) {
    throw new ConfigError(
      `Root key ${file} is inside the data directory ${dataDirectory}: choose a place outside with --root-key, so that a copied data directory opens nothing`,
    )
  }
  return file
}

function regionsOf(raw: RawSettings): readonly [string, ...string[]] {
  const given = raw.get('region')
  const [first, ...rest] = given?.values ?? ['us-west-2']
  if (first === undefined) throw new ConfigError(`Cannot use ${given!.place}: it names no Region, such as us-west-2`)
  for (const region of [first, ...rest]) {
    if (!/^[a-z]{2}(-[a-z]+){1,2}-\d$/.test(region)) {
      throw new ConfigError(
        `Cannot use ${given?.place ?? 'region'}: "${region}" is not the name of a Region, such as us-west-2`,
      )
    }
  }
  return [first, ...rest.filter((region, index) => region !== first && rest.indexOf(region) === index)]
}

function netnsSettings(raw: RawSettings, isNetns: boolean): Pick<Config, 'netns' | 'endpointPort' | 'resolverPort'> {
  const namespaces = several(raw, 'vpc-namespace', vpcNamespace)
  const netns = { runAs: checked(raw, 'run-as', userName), namespaces: new Map(namespaces) }
  const useless = isNetns ? undefined : (raw.get('run-as') ?? raw.get('vpc-namespace'))
  if (useless !== undefined) throw new ConfigError(`Cannot use ${useless.place} without network netns`)
  for (const part of [0, 1] as const) {
    // Two VPCs in one namespace would be one network.
    const twice = namespaces.map(named => named[part]).find((name, index, all) => all.indexOf(name) !== index)
    if (twice !== undefined)
      throw new ConfigError(`Cannot use ${raw.get('vpc-namespace')!.place}: it names ${twice} twice`)
  }
  const ownPort = isNetns ? realPort : port
  return {
    netns,
    endpointPort: checked(raw, 'endpoint-port', ownPort) ?? (isNetns ? 443 : 8443),
    resolverPort: checked(raw, 'resolver-port', ownPort) ?? (isNetns ? 53 : 8053),
  }
}

function customStoreSettings(raw: RawSettings): Pick<Config, 'xks' | 'pkcs11'> {
  const proxies = several(raw, 'xks-proxy', proxy)
  for (const { endpoint } of proxies) {
    if (proxies.filter(other => other.endpoint === endpoint).length > 1)
      throw new ConfigError(`Cannot use ${raw.get('xks-proxy')!.place}: it names ${endpoint} twice`)
  }
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
    const names = tokens.map(named => named[part])
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    // One login for two clusters would be one store's keys in another's hands.
    if (twice !== undefined)
      throw new ConfigError(`Cannot use ${raw.get('cloudhsm-token')!.place}: it names ${twice} twice`)
  }
  const labels = new Map(tokens.map(([cluster, label]) => [cluster, label]))
  const owners = new Map(
    tokens.flatMap(([cluster, , owner]) => (owner === undefined ? [] : [[cluster, owner] as const])),
  )
  return { module, user, tokens: labels, owners }
}

function quotasOf(raw: RawSettings): QuotaRates {
  const given = raw.get('kms-quota')
  let rates = standardRates
  for (const word of given?.values ?? []) {
    const changed = changeRates(rates, word)
    if (changed === undefined)
      throw new ConfigError(
        `Cannot use ${given!.place}: "${word}" is not "off", "aws" or a class of requests and its rate, such as CreateKey=5`,
      )
    rates = changed
  }
  return rates
}

function single(raw: RawSettings, name: string): string | undefined {
  const given = raw.get(name)
  if (given === undefined) return undefined
  const [value = '', ...more] = given.values
  if (more.length > 0) throw new ConfigError(`Give ${given.place} only once`)
  if (value === '') throw new ConfigError(`Cannot use ${given.place}: it is empty`)
  return value
}

/** A path that was given, absolute. */
function path(raw: RawSettings, name: string): string | undefined {
  const text = single(raw, name)
  return text === undefined ? undefined : resolve(raw.get(name)!.folder, text)
}

function certificatesOf(raw: RawSettings): OwnCertificateFiles {
  const [certificates, keys] = [paths(raw, 'certificate'), paths(raw, 'certificate-key')]
  const [given, missing] = keys.length === 0 ? ['certificate', 'certificate-key'] : ['certificate-key', 'certificate']
  if ((certificates.length === 0) !== (keys.length === 0))
    throw new ConfigError(`Cannot use ${raw.get(given)!.place} without ${missing}`)
  return { certificates, keys }
}

/** Paths that were given, absolute. */
function paths(raw: RawSettings, name: string): readonly string[] {
  const { folder = '' } = raw.get(name) ?? {}
  return several(raw, name, fileName).map(text => resolve(folder, text))
}

/** The word for AWS’s own root, and paths, absolute: no path is the word. */
function attestationRootsOf(raw: RawSettings): readonly string[] {
  const { folder = '' } = raw.get('attestation-root') ?? {}
  return several(raw, 'attestation-root', rootName).map(text => (text === 'aws' ? text : resolve(folder, text)))
}

/** All values of a setting that may be given several times. */
function several<T>(raw: RawSettings, name: string, { parse, mustBe }: Kind<T>): readonly T[] {
  const given = raw.get(name)
  return (given?.values ?? []).map(text => {
    const value = parse(text)
    if (value === undefined) throw new ConfigError(`Cannot use ${given!.place}: "${text}" is not ${mustBe}`)
    return value
  })
}

/** A kind of value: how it is read, and what the message says that it must be. */
interface Kind<T> {
  readonly parse: (text: string) => T | undefined
  readonly mustBe: string
}

function checked<T>(raw: RawSettings, name: string, { parse, mustBe }: Kind<T>): T | undefined {
  const text = single(raw, name)
  if (text === undefined) return undefined
  const value = parse(text)
  if (value === undefined) throw new ConfigError(`Cannot use ${raw.get(name)!.place}: "${text}" is not ${mustBe}`)
  return value
}

const oneOf = <const T extends string>(...words: readonly T[]): Kind<T> => ({
  parse: text => words.find(word => word === text),
  mustBe: words.length === 1 ? `"${words[0]}"` : `one of ${words.join(', ')}`,
})

const port: Kind<number> = { parse: parsePort, mustBe: 'a port from 0 to 65535' }
// The rules of a namespace are there before its sockets.
const realPort: Kind<number> = { parse: text => parsePort(text) || undefined, mustBe: 'a port from 1 to 65535' }
const descriptor: Kind<number> = { parse: parseDescriptor, mustBe: 'the number of a file descriptor' }
const hostPort: Kind<HostPort> = { parse: parseHostPort, mustBe: 'HOST:PORT, such as 127.0.0.1:8443 or [::1]:8443' }
const loopback: Kind<HostPort> = {
  parse: parseLoopback,
  mustBe: 'a loopback address with a port, such as 127.0.0.1:9464',
}
const ipv4: Kind<string> = { parse: text => (isIP(text) === 4 ? text : undefined), mustBe: 'an IPv4 address' }
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
const rootName: Kind<string> = {
  parse: text => (text === '' ? undefined : text),
  mustBe: '"aws" or the name of a file',
}
const fileName: Kind<string> = { parse: text => (text === '' ? undefined : text), mustBe: 'the name of a file' }
const userName: Kind<string> = {
  parse: text => (/^[^:\s]{1,64}$/.test(text) ? text : undefined),
  mustBe: 'the name of a user',
}

function parseProxy(text: string): PermittedProxy | undefined {
  const match = /^(https:\/\/([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?))(?:=(.+))?$/.exec(text)
  const [, endpoint = '', name = '', elsewhere] = match ?? []
  const address = elsewhere === undefined ? { host: name, port: 443 } : parseHostPort(elsewhere)
  // A certificate is for a name, and an address would be checked as nothing else.
  if (match === null || address === undefined || isIP(name) !== 0) return undefined
  return { endpoint: endpoint.toLowerCase(), address }
}

const vpcNamespace: Kind<readonly [vpcId: string, name: string]> = {
  parse: parseVpcNamespace,
  mustBe: 'VPC=NAME, such as vpc-0123456789abcdef0=office; names that begin with "postern-" are Postern’s own',
}

function parseVpcNamespace(text: string): readonly [vpcId: string, name: string] | undefined {
  const match = /^(vpc-[0-9a-f]{17})=(?!postern-)([a-zA-Z0-9][a-zA-Z0-9_.-]{0,63})$/.exec(text)
  return match === null ? undefined : [match[1]!, match[2]!]
}

/** A cluster, the label of its token, and the account that it is of where that is said. */
type ClusterToken = readonly [cluster: string, label: string, owner: string | undefined]

function parseClusterToken(text: string): ClusterToken | undefined {
  const match = /^(?:(\d{12}):)?(cluster-[2-7a-zA-Z]{11,16})=(\S(?:.{0,30}\S)?)$/.exec(text)
  return match === null ? undefined : [match[2]!, match[3]!, match[1]]
}

function parseDescriptor(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined
}

function parseLoopback(text: string): HostPort | undefined {
  const parsed = parseHostPort(text)
  if (parsed === undefined) return undefined
  const isLoopback =
    parsed.host === 'localhost' || parsed.host === '::1' || (isIP(parsed.host) === 4 && parsed.host.startsWith('127.'))
  return isLoopback ? parsed : undefined
}
