import { JsonSyntaxError, asciiLower, parseStrictJson } from '../base/index.ts'
import type { JsonObject } from '../base/index.ts'
import { compileArnPattern } from './arn-pattern.ts'
import type {
  ActionElement,
  CompiledPolicy,
  CompiledStatement,
  PolicySource,
  PrincipalElement,
  ResourceElement,
} from './compiled-policy.ts'
import { compileCondition } from './conditions/condition.ts'
import type { CompiledCondition } from './conditions/condition.ts'
import type { DocumentRules } from './document-rules.ts'
import { compilePattern } from './pattern.ts'
import { PolicyDocumentError } from './policy-document-error.ts'
import { compilePrincipal } from './principal.ts'
import type { BoundPrincipals } from './principal.ts'

const currentVersion = '2012-10-17'
const versions = new Set([currentVersion, '2008-10-17'])
/** The elements that a document can have, of whatever kind. */
export const documentElements: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])

/** The elements that a statement can have, in whatever kind of document. */
export const statementElements: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

/** Compiles a document by the rules of its kind. @throws {PolicyDocumentError} */
export function compileDocument(
  text: string,
  source: PolicySource,
  rules: DocumentRules,
  bound?: BoundPrincipals,
): CompiledPolicy {
  if (rules.lengthOf(text) > rules.limit) throw new PolicyDocumentError({ kind: 'too-long', limit: rules.limit })
  const document = parseDocument(text)
  for (const name of Object.keys(document)) {
    if (!documentElements.has(name)) throw fault(0, `has the unknown element "${name}"`)
  }
  const version = document['Version'] ?? '2008-10-17'
  if (typeof version !== 'string' || !versions.has(version)) throw new PolicyDocumentError({ kind: 'unknown-version' })
  if (rules.needsCurrentVersion && version !== currentVersion) throw fault(0, `needs the Version "${currentVersion}"`)
  const given = document['Statement']
  if (given === undefined) throw rules.needsStatement ? noStatement() : fault(0, 'has no Statement')
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (rules.needsStatement && statements.length === 0) throw noStatement()
  const variables = version === currentVersion
  const compiled = statements.map((statement, index) =>
    compileStatement(statement, index + 1, { rules, variables, bound }),
  )
  if (rules.hasUniqueSids) requireUniqueSids(compiled)
  return { text, source, statements: compiled }
}

function parseDocument(text: string): JsonObject {
  try {
    const document = parseStrictJson(text, { maxDepth: 16 })
    if (isObject(document)) return document
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new PolicyDocumentError({ kind: 'syntax', line: cause.line, column: cause.column }, { cause })
  }
  throw new PolicyDocumentError({ kind: 'syntax', line: 1, column: 1 })
}

function requireUniqueSids(statements: readonly CompiledStatement[]): void {
  const sids = statements.map(({ sid }) => sid).filter(sid => sid !== undefined && sid !== '')
  if (new Set(sids).size < sids.length) throw new PolicyDocumentError({ kind: 'duplicate-sid' })
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fault = (statement: number, detail: string): PolicyDocumentError =>
  new PolicyDocumentError({ kind: 'element', statement, detail })

const noStatement = (): PolicyDocumentError => new PolicyDocumentError({ kind: 'no-statement' })

const missing = (statement: number, element: 'Action' | 'Resource'): PolicyDocumentError =>
  new PolicyDocumentError({ kind: 'missing-element', statement, element })

/** What of the document counts for each of its statements. */
interface Compilation {
  readonly rules: DocumentRules
  /** Whether policy variables are replaced. */
  readonly variables: boolean
  readonly bound: BoundPrincipals | undefined
}

function compileStatement(
  statement: unknown,
  number: number,
  { rules, variables, bound }: Compilation,
): CompiledStatement {
  if (!isObject(statement)) throw fault(number, 'is no object')
  rules.checkStatement(statement, number)
  const unknown = Object.keys(statement).find(name => !statementElements.has(name))
  if (unknown !== undefined) throw fault(number, `has the unknown element "${unknown}"`)
  const { Sid: sid, Effect: effect } = statement
  if (effect !== 'Allow' && effect !== 'Deny') throw fault(number, 'needs the Effect "Allow" or "Deny"')
  if (sid !== undefined && typeof sid !== 'string') throw fault(number, 'has a Sid that is no string')
  if (sid !== undefined && rules.hasPlainSids && !/^[0-9A-Za-z]*$/.test(sid))
    throw new PolicyDocumentError({ kind: 'malformed-sid', statement: number })
  const conditions = compileConditions(statement['Condition'], number, variables)
  rules.checkConditions(conditions)
  return {
    number,
    sid,
    effect,
    principal: principalElement(statement, number, rules, bound),
    action: actionElement(statement, number, rules),
    resource: resourceElement(statement, number, rules, variables),
    conditions,
  }
}

function principalElement(
  statement: JsonObject,
  number: number,
  rules: DocumentRules,
  bound: BoundPrincipals | undefined,
): PrincipalElement | undefined {
  const { Principal: principal, NotPrincipal: notPrincipal } = statement
  if (!rules.hasPrincipal) {
    if (principal === undefined && notPrincipal === undefined) return undefined
    throw new PolicyDocumentError({ kind: 'principal-not-allowed', statement: number })
  }
  if (principal !== undefined && notPrincipal !== undefined) throw fault(number, 'has both Principal and NotPrincipal')
  const matcher = compilePrincipal(principal ?? notPrincipal, bound)
  if (typeof matcher === 'string') throw new PolicyDocumentError({ kind: matcher })
  if (rules.isForEverybody) return undefined
  return { negated: principal === undefined, matcher }
}

/** The values of an element or of its `Not…` form; `undefined` where there is neither. */
function elementValues(
  statement: JsonObject,
  name: 'Action' | 'Resource',
  number: number,
  rules: DocumentRules,
): { readonly negated: boolean; readonly values: readonly string[] } | undefined {
  const plain = statement[name]
  const negation = statement[`Not${name}`]
  if (plain !== undefined && negation !== undefined) throw fault(number, `has both ${name} and Not${name}`)
  const given = plain ?? negation
  if (given === undefined) {
    if (rules.needsActionAndResource) throw missing(number, name)
    return undefined
  }
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (values.length === 0) {
    if (rules.needsActionAndResource) throw missing(number, name)
    return undefined
  }
  if (!values.every(value => typeof value === 'string')) throw fault(number, `has a ${name} that is no string`)
  return { negated: plain === undefined, values }
}

const nothing = { negated: false, literals: new Set<string>(), patterns: [] }

const anything: ResourceElement = { negated: false, isImplied: true, patterns: [() => true] }

function actionElement(statement: JsonObject, number: number, rules: DocumentRules): ActionElement {
  const element = elementValues(statement, 'Action', number, rules)
  if (element === undefined) return nothing
  if (!element.values.every(action => action === '*' || rules.actionForm.test(action))) {
    throw fault(number, 'has an Action that is not of the form service:Action')
  }
  const actions = element.values.map(asciiLower)
  const isPattern = (action: string): boolean => /[*?]/.test(action)
  return {
    negated: element.negated,
    literals: new Set(actions.filter(action => !isPattern(action))),
    patterns: actions.filter(isPattern).map(action => compilePattern(action, { wildcards: true, variables: false })),
  }
}

function resourceElement(
  statement: JsonObject,
  number: number,
  rules: DocumentRules,
  variables: boolean,
): ResourceElement {
  if (rules.impliesResource) return anything
  const element = elementValues(statement, 'Resource', number, rules)
  if (element === undefined) return nothing
  if (!element.values.every(value => value === '*' || value.startsWith('arn:'))) {
    throw fault(number, 'has a Resource that is neither "*" nor an ARN')
  }
  const where = { variables: variables ? 'in-resource-part' : 'nowhere' } as const
  return { negated: element.negated, patterns: element.values.map(value => compileArnPattern(value, where)) }
}

function compileConditions(element: unknown, number: number, variables: boolean): readonly CompiledCondition[] {
  if (element === undefined) return []
  if (!isObject(element)) throw fault(number, 'has a Condition that is no object')
  const conditions: CompiledCondition[] = []
  for (const [operator, block] of Object.entries(element)) {
    if (!isObject(block)) throw fault(number, `has a Condition "${operator}" that is no object`)
    for (const [key, given] of Object.entries(block)) {
      const values: readonly unknown[] = Array.isArray(given) ? given : [given]
      if (!values.every(isScalar))
        throw fault(number, `has a Condition on "${key}" with a value that is no text, number or boolean`)
      const condition = compileCondition(operator, key, values.map(String), { variables })
      if (condition === undefined)
        throw fault(number, `has a Condition "${operator}" that is unknown or can't have its values`)
      conditions.push(condition)
    }
  }
  return conditions
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
