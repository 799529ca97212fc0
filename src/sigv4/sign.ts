import { createHmac } from 'node:crypto'
import type { Instant, SecretBytes } from '../base/index.ts'
import { canonicalRequest, sha256Hex, stringToSign } from './canonical-request.ts'
import { basicFormat } from './signed-request.ts'
import { deriveSigningKey } from './signing-key.ts'

/** What a client signs with; a temporary credential has a session token too. */
export interface SigningCredential {
  readonly accessKeyId: string
  readonly secret: SecretBytes
  readonly sessionToken?: string
}

/** Who signs, when, and the Region and signing name for which the signature is good. */
export interface SigningOptions {
  readonly credential: SigningCredential
  readonly region: string
  readonly service: string
  readonly now: Instant
}

/** A POST to be signed. The headers must include `host`; the path, if it is not `/`, needs no encoding. */
export interface UnsignedRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
  readonly path?: string
}

/** Signs a POST and gives all its headers, the signature among them. */
export function signRequest(
  request: UnsignedRequest,
  { credential, region, service, now }: SigningOptions,
): Readonly<Record<string, string>> {
  const timestamp = basicFormat(now)
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': timestamp,
    ...(credential.sessionToken === undefined ? {} : { 'x-amz-security-token': credential.sessionToken }),
  }
  const signedHeaders = Object.keys(headers).sort()
  const scope = { date: timestamp.slice(0, 8), region, service }
  const scopeText = `${scope.date}/${region}/${service}/aws4_request`
  const canonical = canonicalRequest({
    method: 'POST',
    path: request.path ?? '/',
    query: '',
    headers: new Map(Object.entries(headers)),
    signedHeaders,
    payloadHash: sha256Hex(request.body),
  })
  const key = deriveSigningKey(credential.secret, scope)
  const signature = createHmac('sha256', key)
    .update(stringToSign(timestamp, scopeText, canonical))
    .digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential.accessKeyId}/${scopeText}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return { ...headers, authorization }
}
