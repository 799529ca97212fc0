import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileEndpointPolicy } from '../../policy/index.ts'

/**
 * Checks an endpoint policy of a request. Each of its statements needs the element Principal itself, other than a key policy's:
 * NotPrincipal does not take its place. NotAction and NotResource may be used.
 *
 * @throws {ServiceError} InvalidPolicyDocument
 */
export function requireEndpointPolicy(text: string): void {
  try {
    const { statements } = compileEndpointPolicy(text, { name: 'policy of the request' })
    if (statements.length === 0) throw invalid('The Policy Document is not valid. It has no statement')
    const without = statements.find(({ principal }) => principal?.negated !== false)
    if (without !== undefined)
      throw invalid(`The Policy Document is not valid. Statement ${without.number} has no Principal`)
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const { reason } = error
    if (reason.kind === 'syntax') {
      const place = `(${reason.line},${reason.column})`
      throw invalid(`The Policy Document is not valid. Syntax error at position ${place}`)
    }
    throw invalid(`The Policy Document is not valid. ${error.message}`)
  }
}

const invalid = (message: string): ServiceError => new ServiceError('InvalidPolicyDocument', message)
