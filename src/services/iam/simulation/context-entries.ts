import { asciiLower } from '../../../base/index.ts'
import type { ContextValue } from '../../../policy/index.ts'
import type { iam } from '../../../wire/index.ts'
import { invalidInput } from './invalid-input.ts'

/**
 * The condition keys that a request gives, by lower-case name. An entry without values says that the key is absent.
 *
 * @throws {ServiceError} InvalidInput
 */
export function readContextEntries(entries: readonly iam.ContextEntry[] = []): ReadonlyMap<string, ContextValue> {
  const context = new Map<string, ContextValue>()
  for (const { ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type = 'string' } of entries) {
    if (name === undefined) throw invalidInput('Invalid Context Entry: it has no ContextKeyName.')
    const key = asciiLower(name)
    if (context.has(key)) throw invalidInput(`Invalid Context Entry: ${name} is given twice.`)
    const wrong = values.find(value => !isOfType(value, type.replace(/List$/, '')))
    if (wrong !== undefined)
      throw invalidInput(`Invalid Context Entry: ${name} has the value ${wrong}, which is no ${type}.`)
    const isList = type.endsWith('List')
    if (!isList && values.length > 1)
      throw invalidInput(`Invalid Context Entry: ${name} has several values, and the type ${type} has one.`)
    context.set(key, isList ? values : values[0])
  }
  return context
}

function isOfType(value: string, type: string): boolean {
  switch (type) {
    case 'boolean':
      return /^(?:true|false)$/i.test(value)
    case 'numeric':
      return /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)
    case 'date':
      return /^-?\d+$/.test(value) || !Number.isNaN(Date.parse(value))
    case 'ip':
      return value.length <= 64 && /^[\da-f.:/]+$/i.test(value)
    case 'binary':
      return /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    default:
      return true
  }
}
