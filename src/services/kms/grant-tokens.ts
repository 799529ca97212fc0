import { ServiceError } from '../../base/index.ts'

/** A request that may carry grant tokens. */
export interface TokenInput {
  readonly GrantTokens?: readonly string[] | undefined
}

/** There are no grants, so no token is one of a grant. The token itself is never repeated. @throws {ServiceError} InvalidGrantTokenException */
export function requireNoGrantTokens({ GrantTokens: tokens = [] }: TokenInput): void {
  if (tokens.length > 0) throw new ServiceError('InvalidGrantTokenException', 'The grant token is not valid.')
}
