import { variableNames } from '../../../policy/index.ts'
import type { CompiledPolicy } from '../../../policy/index.ts'

/**
 * The condition keys that a document looks at, as it writes them: those of its conditions and of its variables, also in statements
 * that are not about what is asked. The document must have been compiled.
 */
export function contextKeysOf({ text }: Pick<CompiledPolicy, 'text'>): readonly string[] {
  const document = JSON.parse(text) as Document
  const hasVariables = document.Version === '2012-10-17'
  const keys = asList(document.Statement).flatMap(statement => {
    const blocks = Object.values(statement.Condition ?? {})
    const texts = [statement.Resource, statement.NotResource, ...blocks.flatMap(block => Object.values(block))]
    return [
      ...blocks.flatMap(block => Object.keys(block)),
      ...(hasVariables ? texts.flatMap(value => asList(value).flatMap(variablesOf)) : []),
    ]
  })
  return uniqueKeys(keys)
}

/** Each key once: names are compared without regard to case. */
export function uniqueKeys(keys: readonly string[]): readonly string[] {
  const byName = new Map<string, string>()
  for (const key of keys) if (!byName.has(key.toLowerCase())) byName.set(key.toLowerCase(), key)
  return [...byName.values()]
}

/** What the compiler has found a document to be. */
interface Document {
  readonly Version?: string
  readonly Statement: Statement | readonly Statement[]
}

interface Statement {
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

function asList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

function variablesOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? variableNames(value) : []
}
