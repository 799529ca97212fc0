import type { JsonObject } from '../base/index.ts'

/** Keys whose values AWS makes up: they are compared whole. */
const madeUpKeys: ReadonlySet<string> = new Set(['aws:principalaccount', 'aws:sourcevpc'])
const fewestBesideWildcard = 6

/**
 * What AWS wants of an endpoint policy beyond its grammar, or `undefined` where nothing is wrong: no wildcards and numbers for keys with
 * ids that AWS makes up, six characters in a row before or after each wildcard of a string, and in an ARN an account or a wildcard,
 * not both. The document must have been compiled.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export function endpointPolicyFault(text: string): string | undefined {
  const { Statement: given } = JSON.parse(text) as JsonObject
  const statements = listOf(given) as readonly JsonObject[]
  for (const [index, statement] of statements.entries()) {
    const fault = resourceFault(statement) ?? conditionFault((statement['Condition'] ?? {}) as ConditionElement)
    if (fault !== undefined) return `Statement ${index + 1} ${fault}`
  }
  return undefined
}

type ConditionElement = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

function resourceFault({ Resource: resource, NotResource: notResource }: JsonObject): string | undefined {
  const mixed = listOf(resource ?? notResource)
    .map(String)
    .find(hasMixedAccount)
  return mixed === undefined ? undefined : mixedAccount(mixed)
}

function conditionFault(condition: ConditionElement): string | undefined {
  for (const [operator, block] of Object.entries(condition)) {
    for (const [key, listed] of Object.entries(block)) {
      const fault = listOf(listed)
        .map(value => valueFault(operator, key, String(value)))
        .find(each => each !== undefined)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function valueFault(operator: string, key: string, value: string): string | undefined {
  const kind = operator.replace(/^For(?:All|Any)Values?:/i, '')
  if (madeUpKeys.has(key.toLowerCase()) && (/^Numeric/i.test(kind) || /[*?]/.test(value)))
    return `compares ${key} with a number or a wildcard`
  if (/^Arn/i.test(kind) && hasMixedAccount(value)) return mixedAccount(value)
  if (/^String(?:Not)?Like/i.test(kind) && hasLonelyWildcard(value))
    return `has fewer than ${fewestBesideWildcard} characters beside a wildcard of "${value}"`
  return undefined
}

const mixedAccount = (arn: string): string => `has an account with a wildcard in "${arn}"`

function hasMixedAccount(text: string): boolean {
  const account = text.startsWith('arn:') ? (text.split(':')[4] ?? '') : ''
  return /[*?]/.test(account) && /[^*?]/.test(account)
}

/** Wildcards that stand together are one. */
function hasLonelyWildcard(value: string): boolean {
  const parts = value.split(/[*?]+/)
  return parts.some(
    (part, index) => index > 0 && part.length < fewestBesideWildcard && parts[index - 1]!.length < fewestBesideWildcard,
  )
}
