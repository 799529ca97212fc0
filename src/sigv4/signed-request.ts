import { AuthenticationFailure, minuteMillis } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { canonicalQuery, canonicalRequest, sha256Hex, stringToSign } from './canonical-request.ts'
import type { SigningScope } from './signing-key.ts'

/** The parts of an HTTP request that a signature is about. */
export interface HttpRequestParts {
  readonly method: string
  /** As sent, byte for byte. */
  readonly url: string
  /** By lower-case name; none of them came twice. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A request whose signature has been read, but not verified. */
export interface SignedRequest extends SigningScope {
  readonly accessKeyId: string
  readonly sessionToken: string | undefined
  readonly signedAt: Instant
  /** Names of the headers that the signature is about, in lower case: only they are the signer's. */
  readonly signedHeaders: readonly string[]
  readonly stringToSign: string
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string
}

/** What a signature must fit: the time, and where it may be. */
export interface SignatureRules {
  readonly now: Instant
  /** Whether the signature may be in the query string (only STS GetCallerIdentity). */
  readonly allowPresigned: boolean
}

const algorithm = 'AWS4-HMAC-SHA256'
const maxSkew = 5 * minuteMillis
const emptyHash = sha256Hex('')

const incomplete = (message: string): AuthenticationFailure => new AuthenticationFailure('incomplete', message)
const mismatch = (message: string): AuthenticationFailure => new AuthenticationFailure('mismatch', message)

/**
 * Reads and checks the form of a signature, and its time.
 *
 * @throws {AuthenticationFailure}
 */
export function parseSignedRequest(request: HttpRequestParts, rules: SignatureRules): SignedRequest {
  const authorization = request.headers.get('authorization')
  const hasQuery = request.url !== '/'
  if (authorization !== undefined && hasQuery)
    throw incomplete('Authorization may be in a header or in the query string, not in both')
  if (authorization !== undefined) return parseHeaderForm(request, authorization, rules)
  if (hasQuery && rules.allowPresigned) return parsePresignedForm(request, rules)
  throw new AuthenticationFailure('missing', 'Missing Authentication Token')
}

function parseHeaderForm(request: HttpRequestParts, authorization: string, rules: SignatureRules): SignedRequest {
  const fields = parseAuthorization(authorization)
  const { headers } = request
  const timestamp = headers.get('x-amz-date')
  if (timestamp === undefined)
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  const signedHeaders = fields.signedHeaders.split(';')
  requireSigned(signedHeaders, headers)
  const { accessKeyId, scope, scopeText } = parseCredential(fields.credential)
  const signedAt = checkTime(timestamp, scope, rules.now, maxSkew)
  const canonical = canonicalRequest({
    method: request.method,
    path: '/',
    query: '',
    headers,
    signedHeaders,
    payloadHash: payloadHash(request),
  })
  return {
    ...scope,
    accessKeyId,
    sessionToken: headers.get('x-amz-security-token'),
    signedAt,
    signedHeaders,
    stringToSign: stringToSign(timestamp, scopeText, canonical),
    signature: fields.signature,
  }
}

const authorizationForm = /^AWS4-HMAC-SHA256 +Credential=([^,\s]+) *, *SignedHeaders=([^,\s]+) *, *Signature=([^,\s]+)$/
const signatureForm = /^[0-9a-f]{64}$/

function parseAuthorization(text: string): { credential: string; signedHeaders: string; signature: string } {
  if (!text.startsWith(`${algorithm} `))
    throw incomplete(`Unsupported AWS 'algorithm': '${text.split(' ')[0]!.slice(0, 64)}'.`)
  const match = authorizationForm.exec(text)
  if (match === null) {
    for (const part of ['Credential', 'Signature', 'SignedHeaders']) {
      if (!text.includes(`${part}=`))
        throw incomplete(`Authorization header requires '${part}' parameter. Authorization=${algorithm}`)
    }
    throw incomplete('Authorization header is not of the form that is needed')
  }
  const [, credential = '', signedHeaders = '', signature = ''] = match
  if (!signatureForm.test(signature)) throw incomplete('Signature must be 64 lower-case hexadecimal digits')
  return { credential, signedHeaders, signature }
}

// What decides what a request means must be signed where it is sent.
const mustBeSigned = ['x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256', 'content-type']

function requireSigned(signedHeaders: readonly string[], headers: ReadonlyMap<string, string>): void {
  requireOrder(signedHeaders, headers)
  if (!signedHeaders.includes('x-amz-date'))
    throw mismatch("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name of mustBeSigned) {
    if (headers.has(name) && !signedHeaders.includes(name)) throw mismatch(`Header ${name} is sent but not signed`)
  }
}

/** Signed headers are in lower case, sorted, each once and there; `host` is among them. */
function requireOrder(signedHeaders: readonly string[], headers: ReadonlyMap<string, string>): void {
  for (let index = 0; index < signedHeaders.length; index++) {
    const name = signedHeaders[index]!
    if (name !== name.toLowerCase()) throw mismatch(`Signed header ${name} is not in lower case`)
    if (index > 0 && signedHeaders[index - 1]! >= name)
      throw mismatch('Signed headers are not sorted, or one is named twice')
    if (!headers.has(name)) throw mismatch(`Signed header ${name} is not in the request`)
  }
  if (!signedHeaders.includes('host')) throw mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
}

function parseCredential(text: string): { accessKeyId: string; scope: SigningScope; scopeText: string } {
  const parts = text.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = parts
  if (parts.length !== 5)
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text.slice(0, 256)}'`,
    )
  if (terminator !== 'aws4_request')
    throw mismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator!.slice(0, 64)}'.`,
    )
  if (!/^\w{16,128}$/.test(accessKeyId))
    throw new AuthenticationFailure('unknown-credential', 'The security token included in the request is invalid.')
  return { accessKeyId, scope: { date, region, service }, scopeText: `${date}/${region}/${service}/aws4_request` }
}

const timestampForm = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

function checkTime(timestamp: string, scope: SigningScope, now: Instant, age: number): Instant {
  const signedAt = parseTimestamp(timestamp)
  if (signedAt === undefined)
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${timestamp.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  if (timestamp.slice(0, 8) !== scope.date) {
    throw mismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date.slice(0, 64)}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    )
  }
  if (signedAt < now - age) {
    throw new AuthenticationFailure(
      'expired-signature',
      `Signature expired: ${timestamp} is now earlier than ${basicFormat(now - age)} (${basicFormat(now)} - ${age / minuteMillis} min.)`,
    )
  }
  if (signedAt > now + maxSkew) {
    throw new AuthenticationFailure(
      'expired-signature',
      `Signature not yet current: ${timestamp} is still later than ${basicFormat(now + maxSkew)} (${basicFormat(now)} + ${maxSkew / minuteMillis} min.)`,
    )
  }
  return signedAt
}

function parseTimestamp(text: string): Instant | undefined {
  const match = timestampForm.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Days that no month has, and hours that no day has, would roll over into the next.
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  return isReal ? date.getTime() : undefined
}

/** ISO 8601 basic format: `20261123T201500Z`. */
export function basicFormat(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** The hash of the body that was received; what the client says of it must agree. */
function payloadHash({ headers, body }: HttpRequestParts): string {
  const actual = body.length === 0 ? emptyHash : sha256Hex(body)
  const claimed = headers.get('x-amz-content-sha256')
  if (claimed !== undefined && claimed !== actual)
    throw mismatch('The value of x-amz-content-sha256 is not the hash of the body')
  return actual
}

const maxPresignedSeconds = 7 * 24 * 3_600

function parsePresignedForm(request: HttpRequestParts, rules: SignatureRules): SignedRequest {
  const parameters = parseQuery(request.url)
  const of = (name: string): string => {
    const value = parameters.get(name)
    if (value === undefined) throw incomplete(`Query string requires '${name}'`)
    return value
  }
  if (of('X-Amz-Algorithm') !== algorithm) throw incomplete("Unsupported AWS 'algorithm' in the query string.")
  if (request.method !== 'GET' || request.body.length > 0)
    throw incomplete('A presigned request must be a GET without a body')
  const signedHeaders = of('X-Amz-SignedHeaders').split(';')
  requireOrder(signedHeaders, request.headers)
  const { accessKeyId, scope, scopeText } = parseCredential(of('X-Amz-Credential'))
  const expires = of('X-Amz-Expires')
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > maxPresignedSeconds)
    throw incomplete('X-Amz-Expires must be a number of seconds of at most a week')
  const timestamp = of('X-Amz-Date')
  const signedAt = checkTime(timestamp, scope, rules.now, Number(expires) * 1_000)
  const signature = of('X-Amz-Signature')
  if (!signatureForm.test(signature)) throw incomplete('Signature must be 64 lower-case hexadecimal digits')
  const canonical = canonicalRequest({
    method: 'GET',
    path: '/',
    query: canonicalQuery([...parameters].filter(([name]) => name !== 'X-Amz-Signature')),
    headers: request.headers,
    signedHeaders,
    payloadHash: emptyHash,
  })
  return {
    ...scope,
    accessKeyId,
    sessionToken: parameters.get('X-Amz-Security-Token'),
    signedAt,
    signedHeaders,
    stringToSign: stringToSign(timestamp, scopeText, canonical),
    signature,
  }
}

function parseQuery(url: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  // A raw plus sign is a blank to some parsers and itself to others: what is signed must be what is read.
  if (url.includes('+')) throw incomplete('The query string has a plus sign that is not percent-encoded')
  for (const pair of url.slice(2).split('&')) {
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodePart(pair.slice(equals + 1))
    if (parameters.has(name)) throw incomplete(`Query string has ${name.slice(0, 64)} more than once`)
    parameters.set(name, value)
  }
  return parameters
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw incomplete('The query string is not percent-encoded UTF-8')
  }
}
