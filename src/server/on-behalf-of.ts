/** The header by which an integrated service says for whom it acts. */
export const onBehalfOfHeader = 'x-postern-on-behalf-of'

/** For whom a request says that it is. */
export type Behalf =
  /** An IAM user, who is not here to prove it. */
  | { readonly kind: 'user'; readonly arn: string }
  /** The holder of temporary credentials, whose token the service was given. */
  | { readonly kind: 'session'; readonly token: string }
  /** The service, as itself. */
  | { readonly kind: 'itself' }
  /** It says something, and not in a way that counts. */
  | { readonly kind: 'faulty'; readonly reason: string }

/** What headers say. */
export interface SignedHeaders {
  /** By lower-case name; none of them came twice. */
  readonly headers: ReadonlyMap<string, string>
  /** Lower-case names of those that were signed. */
  readonly signedHeaders: readonly string[]
}

const ourHeaders = 'x-postern-'

/**
 * Reads for whom a request is; `undefined` where it says nothing of that, so that it is its signer's own. What can't be read, or was
 * not signed, is never taken for nothing: the request would be done with the service's own rights.
 */
export function readOnBehalfOf({ headers, signedHeaders }: SignedHeaders): Behalf | undefined {
  for (const name of headers.keys()) {
    if (name.startsWith(ourHeaders) && name !== onBehalfOfHeader)
      return faulty(`there is no header ${name.slice(0, 64)}`)
  }
  const value = headers.get(onBehalfOfHeader)
  if (value === undefined) return undefined
  if (!signedHeaders.includes(onBehalfOfHeader)) return faulty(`the header ${onBehalfOfHeader} must be signed`)
  return parseBehalf(value)
}

function parseBehalf(value: string): Behalf {
  if (value === 'itself') return { kind: 'itself' }
  const [, kind, rest = ''] = /^(user|session) ([!-~]+)$/.exec(value) ?? []
  if (kind === 'user') return { kind, arn: rest }
  if (kind === 'session') return { kind, token: rest }
  return faulty(`the header ${onBehalfOfHeader} must be "user ARN", "session TOKEN" or "itself"`)
}

const faulty = (reason: string): Behalf => ({ kind: 'faulty', reason })
