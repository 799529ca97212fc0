import { ConfigError, nearestWord } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'

/** The error for something in the description of an organization, by its place: `root.units[0].name`. */
export function organizationFault(place: string, problem: string): ConfigError {
  return new ConfigError(`Cannot use the organization: ${place} ${problem}`)
}

/** Reads an object that may have these members and no others. @throws {ConfigError} */
export function readObject(value: unknown, place: string, members: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw organizationFault(place, 'must be an object')
  const unknown = Object.keys(value).find(name => !members.includes(name))
  if (unknown === undefined) return value as JsonObject
  const near = nearestWord(unknown, members)
  throw organizationFault(
    place,
    `has the unknown member "${unknown}": ${near === undefined ? `it can have ${members.join(', ')}` : `did you mean "${near}"?`}`,
  )
}

/** Reads a list; an absent one is empty. @throws {ConfigError} */
export function readList(value: unknown, place: string): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value as readonly unknown[]
  throw organizationFault(place, 'must be a list')
}

/** Reads a text of a form. @throws {ConfigError} */
export function readText(value: unknown, place: string, pattern: RegExp, form: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  if (value === undefined) throw organizationFault(place, `is missing: give ${form}`)
  throw organizationFault(place, `must be ${form}, not ${JSON.stringify(value).slice(0, 64)}`)
}

/** Reads a text of a form if it is there. @throws {ConfigError} */
export function readOptionalText(value: unknown, place: string, pattern: RegExp, form: string): string | undefined {
  return value === undefined ? undefined : readText(value, place, pattern, form)
}
