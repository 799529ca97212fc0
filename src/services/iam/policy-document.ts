import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileIdentityPolicy } from '../../policy/index.ts'
import { encodeUri } from '../../sigv4/index.ts'
import { identityDocumentFault, syntaxErrors } from './documents/identity-document.ts'

/** Checks an inline policy of a request. @throws {ServiceError} MalformedPolicyDocument, in IAM's words */
export function requirePolicy(document: string): void {
  require(document, false)
}

/** Checks a document of a managed policy. @throws {ServiceError} MalformedPolicyDocument, in IAM's words */
export function requireManagedPolicy(document: string): void {
  require(document, true)
}

function require(document: string, isManaged: boolean): void {
  const fault = identityDocumentFault(document, { isManaged })
  if (fault !== undefined) throw malformed(fault)
  // What IAM would take and can't be decided here is refused too: it would be stored, and then stand in the way of every request.
  try {
    compileIdentityPolicy(document, { name: 'policy of the request' })
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformed(syntaxErrors)
    throw error
  }
}

/** The error for a document that is no policy of its kind. */
export function malformed(message: string): ServiceError {
  return new ServiceError('MalformedPolicyDocument', message)
}

/** How much of a document counts towards a quota: all but its white space. */
export function lengthWithoutSpace(document: string): number {
  return document.replaceAll(/\s/g, '').length
}

/** A document as IAM gives it back: percent-encoded by RFC 3986. */
export function encodeDocument(document: string): string {
  return encodeUri(document)
}
