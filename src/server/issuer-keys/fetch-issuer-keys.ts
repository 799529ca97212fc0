import { JwksError, discoveryUrl, isOwnKeysUrl, parseJwks } from '../../accounts/index.ts'
import type { KeysPlace, PublicJwks } from '../../accounts/index.ts'
import { JsonSyntaxError, parseStrictJson, secondMillis } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { FetchFailure, fetchDocument } from './fetch-document.ts'
import type { FetchOptions } from './fetch-document.ts'

// All of it, as AWS gives an issuer.
const patienceMillis = 5 * secondMillis

/**
 * Fetches an issuer's keys from the operator's URL, or from where the issuer's discovery document says, which must be on the
 * issuer's own host. Five seconds are given for everything.
 *
 * @throws {FetchFailure}
 */
export async function fetchIssuerKeys(place: KeysPlace, patience = patienceMillis): Promise<PublicJwks> {
  const options = { authorities: place.authorities, signal: AbortSignal.timeout(patience) }
  const url = place.jwksUrl ?? (await discoverKeysUrl(place.issuer, options))
  const text = await fetchDocument(url, options)
  try {
    return parseJwks(text)
  } catch (cause) {
    if (!(cause instanceof JwksError)) throw cause
    throw new FetchFailure(`Cannot use the keys of ${url}: ${cause.message}`, { cause })
  }
}

async function discoverKeysUrl(issuer: string, options: FetchOptions): Promise<string> {
  const url = discoveryUrl(issuer)
  const document = parseDocument(url, await fetchDocument(url, options))
  // Else a document that was copied from another issuer would make that one's keys ours.
  if (document['issuer'] !== issuer)
    throw new FetchFailure(`Cannot use ${url}: its issuer is ${shown(document['issuer'])}, not "${issuer}"`)
  const keysUrl = document['jwks_uri']
  if (!isOwnKeysUrl(issuer, keysUrl))
    throw new FetchFailure(
      `Cannot use ${url}: its "jwks_uri" is ${shown(keysUrl)}, which is not on the issuer's own host and port. Where that is right, name it with --jwks-url`,
    )
  return keysUrl
}

function parseDocument(url: string, text: string): JsonObject {
  try {
    const document = parseStrictJson(text, { maxDepth: 16 })
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as JsonObject
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause
    throw new FetchFailure(`Cannot use ${url}: it is not JSON: ${cause.message}`, { cause })
  }
  throw new FetchFailure(`Cannot use ${url}: it is no JSON object`)
}

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 256)) : 'no text')
