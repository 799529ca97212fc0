import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import { ConfigError, nearestWord } from '../../base/index.ts'
import { environmentName, settings } from './settings.ts'
import type { Setting } from './settings.ts'

/** Values as given, by setting name, with the place that gave them (for messages). */
export type RawSettings = ReadonlyMap<string, RawValue>

/** A setting's value as given. */
export interface RawValue {
  readonly values: readonly string[]
  readonly place: string
  readonly rank: Rank
  /** What a relative path in it begins at. */
  readonly folder: string
}

/** In which way a value was given; `ranks` has them in their order. */
export type Rank = 'flag' | 'environment' | 'file'

/** Where a value may be given; what comes first wins. */
export const ranks: readonly Rank[] = ['flag', 'environment', 'file']

/** Where settings come from. */
export interface ConfigSources {
  /** Flags by setting name, and `config`: the configuration file. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Name of the environment variable that holds the passphrase; it is a secret and no setting. */
export const passphraseVariable = 'POSTERN_PASSPHRASE'

const configVariable = 'POSTERN_CONFIG'

/** Reads all settings that are given, without looking at their values. @throws {ConfigError} */
export function gatherSettings(sources: ConfigSources): RawSettings {
  const configFile = sources.flags.get('config')?.at(-1) ?? sources.environment[configVariable]
  const gathered = new Map<string, RawValue>(readConfigFile(configFile))
  for (const [name, value] of readEnvironment(sources.environment)) gathered.set(name, value)
  for (const [name, values] of sources.flags) {
    if (name !== 'config') gathered.set(name, { values, place: `--${name}`, rank: 'flag', folder: '' })
  }
  return gathered
}

function readConfigFile(configFile: string | undefined): RawSettings {
  if (configFile === '') throw new ConfigError(`Cannot use --config or ${configVariable}: it is empty`)
  const file = resolve(configFile ?? 'postern.toml')
  if (configFile === undefined && !existsSync(file)) return new Map()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the configuration file ${file}: check the path and its mode`, { cause })
  }
  return parseConfigFile(text, file)
}

function parseConfigFile(text: string, file: string): RawSettings {
  let table: Record<string, unknown>
  try {
    table = parseToml(text)
  } catch (cause) {
    const line = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : ''
    const [reason = ''] = cause instanceof Error ? cause.message.split('\n') : []
    throw new ConfigError(
      `Cannot read ${file}${line}: ${reason.replace('Invalid TOML document: ', 'no valid TOML, ')}`,
      {
        cause,
      },
    )
  }
  const gathered = new Map<string, RawValue>()
  for (const [name, value] of Object.entries(table)) {
    const setting = settings.find(known => known.name === name)
    if (setting === undefined) throw new ConfigError(`Unknown setting "${name}" in ${file}: ${didYouMean(name)}`)
    const values: readonly unknown[] = setting.many && Array.isArray(value) ? value : [value]
    if (!values.every(one => typeof one === 'string' || typeof one === tomlType(setting)))
      throw new ConfigError(`Cannot use "${name}" in ${file}: it must be ${tomlForm(setting)}`)
    const place = `"${name}" in ${file}`
    gathered.set(name, { values: values.map(String), place, rank: 'file', folder: dirname(file) })
  }
  return gathered
}

function tomlType({ form }: Setting): 'number' | 'boolean' | 'string' {
  if (form === 'PORT' || form === 'NUMBER') return 'number'
  return form === 'true|false' ? 'boolean' : 'string'
}

function tomlForm(setting: Setting): string {
  const { name, form, many } = setting
  const type = tomlType(setting)
  if (many) return `text, or a list of it: ${name} = ["${form}"]`
  if (type === 'boolean') return 'true or false'
  return type === 'string' ? `text in quotes: ${name} = "${form}"` : `a number: ${name} = ${form}`
}

function readEnvironment(environment: ConfigSources['environment']): RawSettings {
  const known = new Map(settings.map(setting => [environmentName(setting), setting]))
  const gathered = new Map<string, RawValue>()
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('POSTERN_') || value === undefined || isNoSetting(variable)) continue
    const setting = known.get(variable)
    if (setting === undefined)
      throw new ConfigError(`Unknown environment variable ${variable}: ${didYouMean(variable)}`)
    const values = setting.many ? value.split(',').map(word => word.trim()) : [value]
    gathered.set(setting.name, { values, place: variable, rank: 'environment', folder: '' })
  }
  return gathered
}

// POSTERN_API_URL is what `postern env` prints for others.
const notSettings = new Set([passphraseVariable, 'POSTERN_API_URL', configVariable])

// Kubernetes gives these to every container beside a service that is named "postern".
const kubernetesVariable =
  /^POSTERN_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

const isNoSetting = (variable: string): boolean => notSettings.has(variable) || kubernetesVariable.test(variable)

function didYouMean(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/^postern_/, '')
    .replaceAll('_', '-')
  const names = settings.map(setting => setting.name)
  const near = names.find(known => known.startsWith(plain) || plain.startsWith(known)) ?? nearestWord(plain, names)
  return near === undefined ? 'see "postern serve --help" for the settings' : `did you mean "${near}"?`
}
