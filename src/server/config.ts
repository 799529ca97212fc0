import { isIP } from 'node:net'
import { dirname, join, resolve, sep } from 'node:path'
import { ConfigError } from '../base/index.ts'
import type { OwnCertificateFiles } from './certificates/own-certificates.ts'
import { customStoreSettings } from './custom-store-settings.ts'
import type { CustomStoreSettings } from './custom-store-settings.ts'
import { dataDirectoryOf, xdg } from './settings/data-directory.ts'
import { gatherSettings, passphraseVariable, ranks } from './settings/gather-settings.ts'
import type { ConfigSources, RawSettings } from './settings/gather-settings.ts'
import { parseHostPort } from './host-port.ts'
import type { HostPort } from './host-port.ts'
import { changeRates, standardRates } from './kms-quotas.ts'
import type { QuotaRates } from './kms-quotas.ts'
import { netnsSettings } from './netns-settings.ts'
import type { NetnsSettings } from './netns-settings.ts'
import { proxySettingsOf } from './proxy-settings.ts'
import { checked, oneOf, path, several } from './settings/read-setting.ts'
import type { Kind } from './settings/read-setting.ts'
import type { ProxySettings } from '../network/index.ts'

/** The checked configuration of a server. Secrets are no part of it. */
export interface Config extends NetnsSettings, CustomStoreSettings {
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
  /** Whether endpoints can be made for services with FIPS. */
  readonly fipsEndpoints: boolean
  readonly resolverUpstream: HostPort | undefined
  /** IPv4. */
  readonly resolverPublicAddress: string | undefined
  /** The roots whose attestation documents are believed: `aws`, or absolute paths of certificates. */
  readonly attestationRoots: readonly string[]
  readonly metrics: HostPort
  /** Whether the operator chose the metrics address; if not, another port is taken where it is in use. */
  readonly metricsChosen: boolean
  readonly trailDurability: 'written' | 'synced'
  readonly logLevel: string
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
  const dataDirectory = dataDirectoryOf(raw, environment)
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

const descriptor: Kind<number> = { parse: parseDescriptor, mustBe: 'the number of a file descriptor' }
const hostPort: Kind<HostPort> = { parse: parseHostPort, mustBe: 'HOST:PORT, such as 127.0.0.1:8443 or [::1]:8443' }
const loopback: Kind<HostPort> = {
  parse: parseLoopback,
  mustBe: 'a loopback address with a port, such as 127.0.0.1:9464',
}
const ipv4: Kind<string> = { parse: text => (isIP(text) === 4 ? text : undefined), mustBe: 'an IPv4 address' }
const rootName: Kind<string> = {
  parse: text => (text === '' ? undefined : text),
  mustBe: '"aws" or the name of a file',
}
const fileName: Kind<string> = { parse: text => (text === '' ? undefined : text), mustBe: 'the name of a file' }
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
