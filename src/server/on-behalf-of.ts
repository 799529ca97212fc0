/** The header by which an integrated service says for whom it acts. */
export const onBehalfOfHeader = 'x-postern-on-behalf-of'

/** The header by which it says, beside that, on behalf of which resource it asks. */
export const sourceArnHeader = 'x-postern-source-arn'

/** For whom a request says that it is. */
export type Behalf =
  /** An IAM user, who is not here to prove it. */
  | { readonly kind: 'user'; readonly arn: string; readonly sourceArn?: string }
  /** The holder of temporary credentials, whose token the service was given. */
  | { readonly kind: 'session'; readonly token: string; readonly sourceArn?: string }
  /** The service, as itself. */
  | { readonly kind: 'itself'; readonly sourceArn?: string }
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
    if (!name.startsWith(ourHeaders)) continue
    if (name !== onBehalfOfHeader && name !== sourceArnHeader) return faulty(`there is no header ${name.slice(0, 64)}`)
    if (!signedHeaders.includes(name)) return faulty(`the header ${name} must be signed`)
  }
  const value = headers.get(onBehalfOfHeader)
  const sourceArn = headers.get(sourceArnHeader)
  if (value !== undefined) return withSource(parseBehalf(value), sourceArn)
  return sourceArn === undefined
    ? undefined
    : faulty(`the header ${sourceArnHeader} needs ${onBehalfOfHeader} beside it`)
}

// As the SourceArn constraint of grants has it; some resources have no account in their ARN.
const sourceArnForm = /^(?=.{20,512}$)arn:aws:[a-z0-9-]+:[a-z0-9-]*:(?:[0-9]{12})?:[!-~]+$/

function withSource(behalf: Behalf, sourceArn: string | undefined): Behalf {
  if (sourceArn === undefined || behalf.kind === 'faulty') return behalf
  if (sourceArnForm.test(sourceArn)) return { ...behalf, sourceArn }
  return faulty(`the header ${sourceArnHeader} must be the ARN of a resource`)
}

function parseBehalf(value: string): Behalf {
  if (value === 'itself') return { kind: 'itself' }
  const [, kind, rest = ''] = /^(user|session) ([!-~]+)$/.exec(value) ?? []
  if (kind === 'user') return { kind, arn: rest }
  if (kind === 'session') return { kind, token: rest }
  return faulty(`the header ${onBehalfOfHeader} must be "user ARN", "session TOKEN" or "itself"`)
}

const faulty = (reason: string): Behalf => ({ kind: 'faulty', reason })
