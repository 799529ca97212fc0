import { homedir } from 'node:os'
import { join } from 'node:path'
import { gatherSettings } from './gather-settings.ts'
import type { ConfigSources, RawSettings } from './gather-settings.ts'
import { path } from './read-setting.ts'

/** The data directory that the settings name; the others are not looked at. @throws {ConfigError} */
export function readDataDirectory(sources: ConfigSources): string {
  return dataDirectoryOf(gatherSettings(sources), sources.environment)
}

/** The data directory that was given, or the default. @throws {ConfigError} */
export function dataDirectoryOf(raw: RawSettings, environment: ConfigSources['environment']): string {
  return path(raw, 'data-dir') ?? join(xdg(environment, 'XDG_DATA_HOME', '.local/share'), 'postern')
}

/** A base directory of the user (XDG Base Directory Specification); its fallback is inside the home directory. */
export function xdg(environment: ConfigSources['environment'], variable: string, fallback: string): string {
  const value = environment[variable]
  return value !== undefined && value.startsWith('/') ? value : join(homedir(), fallback)
}
