import { parseStrictJson } from '../../../base/index.ts'

/** A statement of a trust policy: whom it is about, and when. */
export interface TrustStatement {
  readonly effect: 'Allow' | 'Deny'
  /** Its principals of the kind `Federated`. */
  readonly federated: readonly string[]
  readonly conditions: readonly {
    readonly operator: string
    readonly key: string
    readonly values: readonly string[]
  }[]
}

type OneOrMore<T> = T | readonly T[]

interface StatementJson {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: { readonly Federated?: OneOrMore<string> }
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore<string | number | boolean>>>>>
}

/** The form of a trust policy that compiles. */
interface PolicyJson {
  readonly Statement: OneOrMore<StatementJson>
}

function listOf<T>(given: OneOrMore<T> | undefined): readonly T[] {
  if (given === undefined) return []
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}

/** The statements of a trust policy that has been compiled: its form is not checked again. */
export function trustStatements(document: string): readonly TrustStatement[] {
  const policy = parseStrictJson(document, { maxDepth: 16 }) as PolicyJson
  return listOf(policy.Statement).map(statement => {
    const { Effect: effect, Principal: principal, Condition: condition = {} } = statement
    const conditions = Object.entries(condition).flatMap(([operator, block]) =>
      Object.entries(block).map(([key, given]) => ({ operator, key, values: listOf(given).map(String) })),
    )
    return { effect, federated: listOf(principal.Federated), conditions }
  })
}
