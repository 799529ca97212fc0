import { ServiceError } from '../../base/index.ts'
import { PolicyDocumentError, compileEndpointPolicy } from '../../policy/index.ts'

/** Checks an endpoint policy of a request. @throws {ServiceError} InvalidPolicyDocument */
export function requireEndpointPolicy(text: string): void {
  try {
    compileEndpointPolicy(text, { name: 'policy of the request' })
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const { reason } = error
    if (reason.kind === 'syntax') {
      const place = `(${reason.line},${reason.column})`
      throw new ServiceError(
        'InvalidPolicyDocument',
        `The Policy Document is not valid. Syntax error at position ${place}`,
      )
    }
    throw new ServiceError('InvalidPolicyDocument', `The Policy Document is not valid. ${error.message}`)
  }
}
