import type { JsonObject } from '../base/index.ts'
import type { CompiledCondition } from './conditions/condition.ts'
import { PolicyDocumentError } from './policy-document-error.ts'
import { checkTrustStatement } from './trust-statement.ts'

/** In what the kinds of documents differ. */
export interface DocumentRules {
  readonly limit: number
  readonly lengthOf: (text: string) => number
  /** Every statement needs a Principal; where not, none may have one. */
  readonly hasPrincipal: boolean
  /** Its Principal can only be `*`, and means everybody: the holders of a token too, whom `*` does not mean elsewhere. */
  readonly isForEverybody: boolean
  /** Key policies may leave them out; the statement is then without effect. */
  readonly needsActionAndResource: boolean
  /** The policy is of one resource and is only asked about that: a statement names none, and is about it. */
  readonly impliesResource: boolean
  /** At least one statement. */
  readonly needsStatement: boolean
  /** How an Action that is not `*` is written. */
  readonly actionForm: RegExp
  /** Each Sid once. */
  readonly hasUniqueSids: boolean
  /** Sids are letters and digits. */
  readonly hasPlainSids: boolean
  /** The Version must be there, and be the newest. */
  readonly needsCurrentVersion: boolean
  /** What this kind wants of a statement beside what all kinds want; asked first. @throws {PolicyDocumentError} */
  readonly checkStatement: (statement: JsonObject, number: number) => void
  /** @throws {PolicyDocumentError} */
  readonly checkConditions: (conditions: readonly CompiledCondition[]) => void
}

const none = (): void => undefined

const serviceAction = /^[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+$/

// A character outside the basic plane is one, though JavaScript has two units for it.
const countCharacters = (text: string): number => {
  let count = text.length
  for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) count--
  return count
}

/** Key policies: 32 KiB; https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html */
export const keyPolicyRules: DocumentRules = {
  limit: 32_768,
  lengthOf: text => Buffer.byteLength(text),
  hasPrincipal: true,
  isForEverybody: false,
  needsActionAndResource: false,
  impliesResource: false,
  needsStatement: false,
  actionForm: serviceAction,
  hasUniqueSids: false,
  hasPlainSids: false,
  needsCurrentVersion: false,
  checkStatement: none,
  checkConditions: refuseForAllValues,
}

/** Endpoint policies: 20,480 characters; https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html */
export const endpointPolicyRules: DocumentRules = {
  limit: 20_480,
  lengthOf: countCharacters,
  hasPrincipal: true,
  isForEverybody: false,
  needsActionAndResource: true,
  impliesResource: false,
  needsStatement: false,
  actionForm: serviceAction,
  hasUniqueSids: false,
  hasPlainSids: false,
  needsCurrentVersion: false,
  checkStatement: none,
  checkConditions: none,
}

/** Identity policies: what the API takes; the tighter limits, which do not count white space, are the service's own. */
export const identityPolicyRules: DocumentRules = {
  limit: 131_072,
  lengthOf: text => text.length,
  hasPrincipal: false,
  isForEverybody: false,
  needsActionAndResource: true,
  impliesResource: false,
  needsStatement: false,
  // IAM takes names that no service has: they are those of no action, and match nothing.
  actionForm: /^[\w.*?-]+:[^:]*$/,
  hasUniqueSids: true,
  hasPlainSids: true,
  needsCurrentVersion: false,
  checkStatement: none,
  checkConditions: none,
}

/**
 * Service control policies: since May 2026 10,240 characters, white space counts;
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
 */
export const serviceControlPolicyRules: DocumentRules = {
  limit: 10_240,
  lengthOf: countCharacters,
  hasPrincipal: false,
  isForEverybody: false,
  needsActionAndResource: true,
  impliesResource: false,
  needsStatement: true,
  actionForm: serviceAction,
  hasUniqueSids: true,
  hasPlainSids: true,
  needsCurrentVersion: true,
  checkStatement: none,
  checkConditions: none,
}

/**
 * Resource control policies: 5,120 characters, white space counts. They only deny, and whom is said by conditions alone;
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
 */
export const resourceControlPolicyRules: DocumentRules = {
  ...serviceControlPolicyRules,
  limit: 5_120,
  hasPrincipal: true,
  isForEverybody: true,
  checkStatement: checkResourceControlStatement,
}

/** Trust policies of roles: what the API takes; the tighter limit, which does not count white space, is the service's own. */
export const trustPolicyRules: DocumentRules = {
  limit: 131_072,
  lengthOf: text => text.length,
  hasPrincipal: true,
  isForEverybody: false,
  needsActionAndResource: true,
  impliesResource: true,
  needsStatement: true,
  actionForm: serviceAction,
  hasUniqueSids: true,
  hasPlainSids: false,
  needsCurrentVersion: false,
  checkStatement: checkTrustStatement,
  checkConditions: none,
}

// ForAllValues is true for an absent key, so with a key of one value it lets through what lacks it.
function refuseForAllValues(conditions: readonly CompiledCondition[]): void {
  const found = conditions.some(
    ({ operator, name }) =>
      operator.toLowerCase().startsWith('forallvalues:') &&
      (name.startsWith('kms:encryptioncontext:') || name.startsWith('aws:requesttag/')),
  )
  if (found) throw new PolicyDocumentError({ kind: 'overly-permissive-condition' })
}

function checkResourceControlStatement(statement: JsonObject, number: number): void {
  const detail = resourceControlFault(statement)
  if (detail !== undefined) throw new PolicyDocumentError({ kind: 'element', statement: number, detail })
}

function resourceControlFault(statement: JsonObject): string | undefined {
  const { Effect: effect, Principal: principal, NotPrincipal: notPrincipal, Action: given } = statement
  if (effect === 'Allow') return 'has the Effect "Allow": a resource control policy can only deny'
  if (notPrincipal !== undefined) return 'has a NotPrincipal: write "Principal": "*", and a Condition'
  if (principal !== undefined && principal !== '*')
    return 'has a Principal other than "*": say who is meant in a Condition, by aws:PrincipalArn or aws:PrincipalAccount'
  if (statement['NotAction'] !== undefined) return 'has a NotAction: write Action'
  // The service must be named, so that a policy does not come to mean services that nobody thought of.
  const actions: readonly unknown[] = Array.isArray(given) ? given : [given]
  const wide = actions.find((action): action is string => typeof action === 'string' && /^[^:]*[*?]/.test(action))
  return wide === undefined ? undefined : `has the Action "${wide}": name the service, as in "kms:*"`
}
