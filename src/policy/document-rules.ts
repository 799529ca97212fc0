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
  /** @throws {PolicyDocumentError} */
  readonly checkConditions: (conditions: readonly CompiledCondition[]) => void
}

const none = (): void => undefined

/** Key policies: 32 KiB; https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html */
export const keyPolicyRules: DocumentRules = {
  limit: 32_768,
  lengthOf: text => Buffer.byteLength(text),
  hasPrincipal: true,
  needsActionAndResource: false,
  checkConditions: refuseForAllValues,
}

/** Endpoint policies: 20,480 characters; https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html */
export const endpointPolicyRules: DocumentRules = {
  limit: 20_480,
  lengthOf: text => text.length,
  hasPrincipal: true,
  needsActionAndResource: true,
  checkConditions: none,
}

/** Identity policies: 6,144 characters is the longest of them (managed); the tighter limits are the service's own. */
export const identityPolicyRules: DocumentRules = {
  limit: 10_240,
  lengthOf: text => text.length,
  hasPrincipal: false,
  needsActionAndResource: true,
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
