import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileIdentityPolicy } from '../../policy/index.ts'
import type { PolicyFault } from '../../policy/index.ts'
import { encodeUri } from '../../sigv4/index.ts'

/** Checks an identity policy of a request. @throws {ServiceError} MalformedPolicyDocument, in IAM's words */
export function requirePolicy(document: string): void {
  try {
    const { statements } = compileIdentityPolicy(document, { name: 'policy of the request' })
    if (statements.length === 0) throw malformed(syntaxErrors)
  } catch (error) {
    if (error instanceof PolicyDocumentError) throw malformed(wordFault(error.reason))
    throw error
  }
}

const malformed = (message: string): ServiceError => new ServiceError('MalformedPolicyDocument', message)

const syntaxErrors = 'Syntax errors in policy.'

function wordFault(fault: PolicyFault): string {
  switch (fault.kind) {
    case 'principal-not-allowed':
      return 'Policy document should not specify a principal.'
    case 'missing-element':
      return `Policy statement must contain ${fault.element === 'Action' ? 'actions' : 'resources'}.`
    case 'duplicate-sid':
      return 'Statement IDs (SID) in a single policy must be unique.'
    case 'malformed-sid':
      return 'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'
    default:
      return syntaxErrors
  }
}

/** A document as IAM gives it back: percent-encoded by RFC 3986. */
export function encodeDocument(document: string): string {
  return encodeUri(document)
}
