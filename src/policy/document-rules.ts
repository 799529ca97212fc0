import type { CompiledCondition } from './conditions/condition.ts'
import { PolicyDocumentError } from './policy-document-error.ts'

/** In what the kinds of documents differ. */
export interface DocumentRules {
  readonly limit: number
  readonly lengthOf: (text: string) => number
  /** Every statement needs a Principal; where not, none may have one. */
  readonly hasPrincipal: boolean
  /** Key policies may leave them out; the statement is then without effect. */
  readonly needsActionAndResource: boolean
  /** Sids are letters and digits, each once. */
  readonly hasPlainSids: boolean
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
  hasPlainSids: false,
  checkConditions: refuseForAllValues,
}

/** Endpoint policies: 20,480 characters; https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html */
export const endpointPolicyRules: DocumentRules = {
  limit: 20_480,
  lengthOf: countCharacters,
  hasPrincipal: true,
  needsActionAndResource: true,
  hasPlainSids: false,
  checkConditions: none,
}

/** Identity policies: what the API takes; the tighter limits, which do not count white space, are the service's own. */
export const identityPolicyRules: DocumentRules = {
  limit: 131_072,
  lengthOf: text => text.length,
  hasPrincipal: false,
  needsActionAndResource: true,
  hasPlainSids: true,
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
