import { areConditionValues } from '../../../policy/index.ts'
import { parseIdentityDocument } from './identity-grammar.ts'
import type { IdentityDocument, IdentityStatement } from './identity-grammar.ts'
import { failsLegacyParsing, resourceFormFault, resourcePlaceFault } from './resource-fault.ts'

/** What IAM says of a document that is no identity policy by its grammar. */
export const syntaxErrors = 'Syntax errors in policy.'
/** What IAM says of a document that its older parser can't read. */
export const legacyParsingFailed = 'The policy failed legacy parsing'

/** In what the kinds of identity policies differ. */
export interface IdentityDocumentOptions {
  /** Managed policies must be of the newest version; inline ones may be older. */
  readonly isManaged: boolean
}

/**
 * What is wrong with an identity policy, in IAM's words; `undefined` where IAM finds nothing. IAM asks one question of the whole
 * document after the other: of several faults, the one that an earlier question is about is told.
 */
export function identityDocumentFault(text: string, { isManaged }: IdentityDocumentOptions): string | undefined {
  const document = parseIdentityDocument(text)
  if (document === undefined) return syntaxErrors
  if (isManaged && document.version !== '2012-10-17') return 'Policy document must be version 2012-10-17 or greater.'
  for (const question of questions) {
    const fault = question(document)
    if (fault !== undefined) return fault
  }
  return undefined
}

type Question = (document: IdentityDocument) => string | undefined

/** Asks each statement, and gives the first fault. */
function ofEach(find: (statement: IdentityStatement) => string | undefined): Question {
  return ({ statements }) => firstFault(statements, find)
}

function firstFault<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = find(item)
    if (fault !== undefined) return fault
  }
  return undefined
}

// The order is IAM's.
const questions: readonly Question[] = [
  ofEach(({ hasPrincipal }) => (hasPrincipal ? 'Policy document should not specify a principal.' : undefined)),
  ofEach(statement => (isLegible(statement) ? undefined : legacyParsingFailed)),
  ofEach(({ resources = [] }) => firstFault(resources, resourceFormFault)),
  ofEach(({ resources = [] }) => (resources.some(failsLegacyParsing) ? legacyParsingFailed : undefined)),
  sidFault,
  ofEach(({ actions = [] }) => (actions.length === 0 ? 'Policy statement must contain actions.' : undefined)),
  ofEach(({ resources = [] }) => (resources.length === 0 ? 'Policy statement must contain resources.' : undefined)),
  ofEach(({ actions = [] }) => firstFault(actions, actionFault)),
  ofEach(({ resources = [] }) => firstFault(resources, resourcePlaceFault)),
]

/** Whether the older parser can read the effect, and the values of the conditions. */
function isLegible({ effect, conditions }: IdentityStatement): boolean {
  if (effect !== 'Allow' && effect !== 'Deny') return false
  return conditions.every(({ operator, values }) => areConditionValues(operator, values))
}

function sidFault({ statements }: IdentityDocument): string | undefined {
  const sids = statements.map(({ sid = '' }) => sid).filter(sid => sid !== '')
  if (sids.some(sid => !/^[0-9A-Za-z]*$/.test(sid)))
    return 'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'
  if (new Set(sids).size < sids.length) return 'Statement IDs (SID) in a single policy must be unique.'
  return undefined
}

function actionFault(action: string): string | undefined {
  if (action === '*') return undefined
  const [vendor = '', ...rest] = action.split(':')
  if (rest.length === 0) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
  if (rest.length > 1) return 'Actions/Condition can contain only one colon.'
  return /^[\w.-]+$/.test(vendor) ? undefined : `Vendor ${vendor} is not valid`
}
