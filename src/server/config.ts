import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import { ConfigError } from '../base/index.ts'
import { environmentName, settings } from './settings.ts'
import type { Setting } from './settings.ts'

/** The checked configuration of a server. Secrets are no part of it. */
export interface Config {
  /** Absolute. */
  readonly dataDirectory: string
  readonly rootKey: RootKeySource
  readonly api: HostPort
  readonly publicKms: boolean
  /** At least one; the first is the default. */
  readonly regions: readonly [string, ...string[]]
  readonly network: 'loopback'
  readonly endpointPort: number
  readonly resolverPort: number
  readonly resolverUpstream: HostPort | undefined
  /** IPv4. */
  readonly resolverPublicAddress: string | undefined
  readonly metrics: HostPort
  /** Whether the operator chose the metrics address; if not, another port is taken where it is in use. */
  readonly metricsChosen: boolean
  readonly trailDurability: 'written' | 'synced'
  readonly logLevel: string
}

export type RootKeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'passphrase-fd'; readonly descriptor: number }
  | { readonly kind: 'passphrase-environment' }
  | { readonly kind: 'passphrase-prompt' }

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Values as given, by setting name, with the place that gave them (for messages). */
export type RawSettings = ReadonlyMap<string, RawValue>

interface RawValue {
  readonly values: readonly string[]
  readonly place: string
}

export interface ConfigSources {
  /** Flags by setting name. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A file named with `--config`; without it `postern.toml` in the working directory is read if there is one. */
  readonly configFile?: string | undefined
}

/** Name of the environment variable that holds the passphrase; it is a secret and no setting. */
export const passphraseVariable = 'POSTERN_PASSPHRASE'

/**
 * Reads the configuration: flags over environment over `postern.toml`.
 *
 * @throws {ConfigError} that names the place of the wrong or unknown setting.
 */
export function readConfig(sources: ConfigSources): Config {
  return checkConfig(gatherSettings(sources), sources.environment)
}

function gatherSettings(sources: ConfigSources): RawSettings {
  const gathered = new Map<string, RawValue>(readConfigFile(sources.configFile))
  for (const [name, values] of readEnvironment(sources.environment)) gathered.set(name, values)
  for (const [name, values] of sources.flags) gathered.set(name, { values, place: `--${name}` })
  return gathered
}

function readConfigFile(configFile: string | undefined): RawSettings {
  const path = resolve(configFile ?? 'postern.toml')
  if (configFile === undefined && !existsSync(path)) return new Map()
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the configuration file ${path}: check the path and its mode`, { cause })
  }
  return parseConfigFile(text, path)
}

function parseConfigFile(text: string, path: string): RawSettings {
  let table: Record<string, unknown>
  try {
    table = parseToml(text)
  } catch (cause) {
    const line = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : ''
    throw new ConfigError(`Cannot read ${path}${line}: it is not valid TOML`, { cause })
  }
  const gathered = new Map<string, RawValue>()
  for (const [name, value] of Object.entries(table)) {
    const setting = settings.find(known => known.name === name)
    if (setting === undefined) throw new ConfigError(`Unknown setting "${name}" in ${path}: ${didYouMean(name)}`)
    const values = Array.isArray(value) ? value : [value]
    if (!values.every(isScalar)) throw new ConfigError(`Setting "${name}" in ${path} must be ${setting.form}`)
    gathered.set(name, { values: values.map(String), place: `"${name}" in ${path}` })
  }
  return gathered
}

function readEnvironment(environment: ConfigSources['environment']): RawSettings {
  const known = new Map(settings.map(setting => [environmentName(setting), setting]))
  const gathered = new Map<string, RawValue>()
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('POSTERN_') || value === undefined || isNoSetting(variable)) continue
    const setting = known.get(variable)
    if (setting === undefined)
      throw new ConfigError(`Unknown environment variable ${variable}: ${didYouMean(variable)}`)
    gathered.set(setting.name, { values: setting.many ? value.split(',') : [value], place: variable })
  }
  return gathered
}

// POSTERN_API_URL is what `postern env` prints for others.
const notSettings = new Set([passphraseVariable, 'POSTERN_API_URL', 'POSTERN_CONFIG'])

// Kubernetes gives these to every container beside a service that is named "postern".
const kubernetesVariable =
  /^POSTERN_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

const isNoSetting = (variable: string): boolean => notSettings.has(variable) || kubernetesVariable.test(variable)

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

function didYouMean(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/^postern_/, '')
    .replaceAll('_', '-')
  const near = settings.find(setting => setting.name.startsWith(plain) || plain.startsWith(setting.name))
  return near === undefined ? 'see "postern serve --help" for the settings' : `did you mean "${near.name}"?`
}

function checkConfig(raw: RawSettings, environment: ConfigSources['environment']): Config {
  const dataDirectory = resolve(
    single(raw, 'data-dir') ?? join(xdg(environment, 'XDG_DATA_HOME', '.local/share'), 'postern'),
  )
  return {
    dataDirectory,
    rootKey: rootKeySource(raw, environment, dataDirectory),
    api: checked(raw, 'api', parseHostPort) ?? { host: '127.0.0.1', port: 8443 },
    publicKms: (checked(raw, 'public-kms', oneOf('on', 'off')) ?? 'on') === 'on',
    regions: regionsOf(raw),
    network: checked(raw, 'network', oneOf('loopback')) ?? 'loopback',
    endpointPort: checked(raw, 'endpoint-port', parsePort) ?? 8443,
    resolverPort: checked(raw, 'resolver-port', parsePort) ?? 8053,
    resolverUpstream: checked(raw, 'resolver-upstream', parseHostPort),
    resolverPublicAddress: checked(raw, 'resolver-public-address', text => (isIP(text) === 4 ? text : undefined)),
    metrics: checked(raw, 'metrics', parseLoopback) ?? { host: '127.0.0.1', port: 9464 },
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
  const chosen = ['root-key', 'passphrase-fd', 'passphrase-prompt'].filter(name => raw.has(name))
  if (environment[passphraseVariable] !== undefined) chosen.push(passphraseVariable)
  if (chosen.length > 1) throw new ConfigError(`Give only one of ${chosen.join(' and ')}: there is one root key`)
  const descriptor = checked(raw, 'passphrase-fd', parseDescriptor)
  if (descriptor !== undefined) return { kind: 'passphrase-fd', descriptor }
  if (checked(raw, 'passphrase-prompt', oneOf('true', 'false')) === 'true') return { kind: 'passphrase-prompt' }
  if (environment[passphraseVariable] !== undefined) return { kind: 'passphrase-environment' }
  const path = resolve(
    single(raw, 'root-key') ?? join(xdg(environment, 'XDG_CONFIG_HOME', '.config'), 'postern', 'root.key'),
  )
  if (path.startsWith(dataDirectory + sep) || dirname(path) === dataDirectory) {
    throw new ConfigError(
      `Root key ${path} is inside the data directory ${dataDirectory}: choose a place outside with --root-key, so that a copied data directory opens nothing`,
    )
  }
  return { kind: 'file', path }
}

function regionsOf(raw: RawSettings): readonly [string, ...string[]] {
  const given = raw.get('region')
  const [first = 'us-west-2', ...rest] = given?.values ?? []
  for (const region of [first, ...rest]) {
    if (!/^[a-z]{2}(-[a-z]+){1,2}-\d$/.test(region)) {
      throw new ConfigError(
        `Cannot use ${given?.place ?? 'region'}: "${region}" is not the name of a Region, such as us-west-2`,
      )
    }
  }
  return [first, ...rest.filter((region, index) => region !== first && rest.indexOf(region) === index)]
}

function single(raw: RawSettings, name: string): string | undefined {
  const given = raw.get(name)
  if (given === undefined) return undefined
  const [value = '', ...more] = given.values
  if (more.length > 0) throw new ConfigError(`Give ${given.place} only once`)
  if (value === '') throw new ConfigError(`Cannot use ${given.place}: it is empty`)
  return value
}

function checked<T>(raw: RawSettings, name: string, parse: (text: string) => T | undefined): T | undefined {
  const text = single(raw, name)
  if (text === undefined) return undefined
  const value = parse(text)
  if (value !== undefined) return value
  const { form } = settings.find(setting => setting.name === name) as Setting
  throw new ConfigError(`Cannot use ${raw.get(name)!.place}: "${text}" is not of the form ${form}`)
}

const oneOf =
  <const T extends string>(...words: readonly T[]) =>
  (text: string): T | undefined =>
    words.find(word => word === text)

function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

function parseDescriptor(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined
}

/** `host:port`, `[v6]:port`. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = match === null ? undefined : parsePort(match[3]!)
  if (match === null || port === undefined) return undefined
  return { host: (match[1] ?? match[2])!, port }
}

function parseLoopback(text: string): HostPort | undefined {
  const parsed = parseHostPort(text)
  if (parsed === undefined) return undefined
  const loopback =
    parsed.host === 'localhost' || parsed.host === '::1' || (isIP(parsed.host) === 4 && parsed.host.startsWith('127.'))
  return loopback ? parsed : undefined
}
