import { ServiceError } from '../../../base/index.ts'
import { lengthWithoutSpace, requireManagedPolicy } from '../policy-document.ts'

const longest = 6_144

/** Checks the document of a managed policy. @throws {ServiceError} LimitExceeded, MalformedPolicyDocument */
export function requireDocument(document: string): void {
  if (lengthWithoutSpace(document) > longest)
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for PolicySize: ${longest}`)
  requireManagedPolicy(document)
}
