import { principalIds } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { GrantValue, KeyEntry, Keys, NamedGrant } from '../../keys/index.ts'
import type { GrantsAsked, GrantUse } from '../../policy/index.ts'
import type { RequestScope } from '../operation.ts'

/** A request that may carry grant tokens. */
export interface TokenInput {
  readonly GrantTokens?: readonly string[] | undefined
}

/** The grant that a token names, there or not. The token itself is never repeated. @throws {ServiceError} InvalidGrantTokenException */
export function readGrantToken(token: string, keys: Keys): NamedGrant {
  const named = keys.grants.openToken(token)
  if (named === undefined) throw new ServiceError('InvalidGrantTokenException', 'The grant token is not valid.')
  return named
}

/** The grants that the tokens of a request name. @throws {ServiceError} InvalidGrantTokenException */
export function readGrantTokens({ GrantTokens: tokens = [] }: TokenInput, keys: Keys): readonly NamedGrant[] {
  return tokens.map(token => readGrantToken(token, keys))
}

/**
 * The grants that may permit a request, to be put into its check. A grant counts from when it was made, so a token adds nothing to
 * what the caller has; one of another key or principal is only told of by `postern explain`.
 */
export async function grantsAsked(
  entry: KeyEntry,
  use: GrantUse,
  scope: RequestScope,
  { keys, tokens }: { readonly keys: Keys; readonly tokens: readonly NamedGrant[] },
): Promise<{ readonly grants?: GrantsAsked }> {
  const { caller, path } = scope
  const source = path.kind === 'service' && path.sourceArn !== undefined ? { sourceArn: path.sourceArn } : {}
  const search = { use, ...source }
  const isForeign = caller.account !== entry.key.account
  const ofCaller = await keys.grants.candidates(entry, principalIds(caller).keys(), { ...search, isForeign })
  const named = await grantsOf(tokens, keys)
  const others = named.filter(({ grantId }) => !ofCaller.some(grant => grant.grantId === grantId))
  const candidates = others.length === 0 ? ofCaller : [...ofCaller, ...others]
  return candidates.length === 0 ? {} : { grants: { candidates, ...search } }
}

async function grantsOf(tokens: readonly NamedGrant[], keys: Keys): Promise<readonly GrantValue[]> {
  if (tokens.length === 0) return []
  const found = await Promise.all(tokens.map(named => keys.grants.find(named)))
  return [...new Set(found)].filter(grant => grant !== undefined)
}
