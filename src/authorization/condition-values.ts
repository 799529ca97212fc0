import { asciiLower } from '../base/index.ts'
import type { ContextValue } from '../policy/index.ts'
import type { ConditionValues } from './access.ts'

/** Adds condition keys to a context. */
export function addValues(context: Map<string, ContextValue>, values: ConditionValues): void {
  for (const [name, value] of Object.entries(values)) addValue(context, name, value)
}

/** Adds one condition key. Names are compared without regard to case: of two values for one name, either counts. */
export function addValue(context: Map<string, ContextValue>, name: string, value: string | readonly string[]): void {
  const key = asciiLower(name)
  const known = context.get(key)
  if (known === undefined || typeof value !== 'string') context.set(key, value)
  else if (typeof known === 'string') context.set(key, { oneOf: [known, value] })
  else if ('oneOf' in known) context.set(key, { oneOf: [...known.oneOf, value] })
}
