import { createHash } from 'node:crypto'
import { ServiceError } from '../../base/index.ts'

/** A request that can be sent twice without being done twice. */
interface TokenInput {
  readonly DryRun?: boolean | undefined
  readonly ClientToken?: string | undefined
}

// What a request asks for, however often and under whichever token it is sent.
function digestOf(input: TokenInput): string {
  const { DryRun: _dryRun, ClientToken: _token, ...asked } = input
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

/** What a record keeps of the request that made it. */
export function tokenMembers(input: TokenInput): { readonly clientToken?: string; readonly requestDigest?: string } {
  const { ClientToken: token } = input
  return token === undefined ? {} : { clientToken: token, requestDigest: digestOf(input) }
}

/** @throws {ServiceError} where a request with a known token asks for something else. */
export function requireSameRequest(made: { readonly requestDigest?: string }, input: TokenInput): void {
  if (made.requestDigest === digestOf(input)) return
  throw new ServiceError(
    'IdempotentParameterMismatch',
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
  )
}
