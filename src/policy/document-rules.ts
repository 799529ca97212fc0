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
  /** Key policies may leave them out; the statement is then without effect. */
  readonly needsActionAndResource: boolean
  /** The policy is of one resource and is only asked about that: a statement names none, and is about it. */
  readonly impliesResource: boolean
  /** At least one statement. */
  readonly needsStatement: boolean
  /** Each Sid once. */
  readonly hasUniqueSids: boolean
  /** Sids are letters and digits. */
  readonly hasPlainSids: boolean
  /** What this kind wants of a statement beside what all kinds want; asked first. @throws {PolicyDocumentError} */
  readonly checkStatement: (statement: JsonObject) => void
  /** @throws {PolicyDocumentError} */
  readonly checkConditions: (conditions: readonly CompiledCondition[]) => void
}

const none = (): void => undefined

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
  needsActionAndResource: false,
  impliesResource: false,
  needsStatement: false,
  hasUniqueSids: false,
  hasPlainSids: false,
  checkStatement: none,
  checkConditions: refuseForAllValues,
}

/** Endpoint policies: 20,480 characters; https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html */
export const endpointPolicyRules: DocumentRules = {
  limit: 20_480,
  lengthOf: countCharacters,
  hasPrincipal: true,
  needsActionAndResource: true,
  impliesResource: false,
  needsStatement: false,
  hasUniqueSids: false,
  hasPlainSids: false,
  checkStatement: none,
  checkConditions: none,
}

/** Identity policies: what the API takes; the tighter limits, which do not count white space, are the service's own. */
export const identityPolicyRules: DocumentRules = {
  limit: 131_072,
  lengthOf: text => text.length,
  hasPrincipal: false,
  needsActionAndResource: true,
  impliesResource: false,
  needsStatement: false,
  hasUniqueSids: true,
  hasPlainSids: true,
  checkStatement: none,
  checkConditions: none,
}

/** Trust policies of roles: what the API takes; the tighter limit, which does not count white space, is the service's own. */
export const trustPolicyRules: DocumentRules = {
  limit: 131_072,
  lengthOf: text => text.length,
  hasPrincipal: true,
  needsActionAndResource: true,
  impliesResource: true,
  needsStatement: true,
  hasUniqueSids: true,
  hasPlainSids: false,
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
