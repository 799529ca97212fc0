import { ofEachStatement } from './warning.ts'
import type { WarningRow } from './warning.ts'
import type { CompiledCondition } from '../conditions/condition.ts'

// Values that AWS makes itself, in lower case.
const systemKeys: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:resourceaccount',
  'aws:sourcevpc',
  'aws:sourcevpce',
])

/**
 * What AWS says that endpoint policies cannot do, and Postern does not refuse.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 */
export const endpointPatterns: WarningRow = {
  name: 'endpoint-patterns',
  kinds: ['endpoint'],
  about: 'An endpoint policy has wildcards where AWS does not take them in endpoint policies',
  find: ofEachStatement(({ conditions, resource }) => {
    const system = conditions.find(isPatternOfSystemKey)
    if (system !== undefined)
      return `compares ${system.key} by a wildcard or a number, which AWS does not take in endpoint policies: write the whole value`
    const short = conditions.find(
      ({ operator, wanted }) => /string(?:not)?like/i.test(operator) && wanted.some(isShort),
    )
    if (short !== undefined)
      return `compares ${short.key} with a wildcard that has fewer than six characters beside it, which AWS does not take in endpoint policies`
    const arn = [...resource.values, ...conditions.flatMap(({ wanted }) => wanted)].find(hasMixedAccount)
    return arn === undefined
      ? undefined
      : `has ${arn}, whose account is partly a wildcard: AWS takes an account or a wildcard there in endpoint policies`
  }),
}

function isPatternOfSystemKey({ operator, name, wanted }: CompiledCondition): boolean {
  if (!systemKeys.has(name)) return false
  if (/numeric/i.test(operator)) return true
  return /like/i.test(operator) && wanted.some(value => /[*?]/.test(value))
}

/** A wildcard needs six characters in a row before or behind it. */
function isShort(value: string): boolean {
  if (value === '*') return false
  const runs = value.split(/[*?]/)
  return runs.slice(1).some((run, index) => run.length < 6 && runs[index]!.length < 6)
}

const hasMixedAccount = (value: string): boolean => /^arn:[^:]*:[^:]*:[^:]*:(?=[^:]*[*?])(?=[^:]*\d)[^:]*:/.test(value)
