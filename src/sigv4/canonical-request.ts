import { hash } from 'node:crypto'

/** What a signature is about. */
export interface CanonicalParts {
  readonly method: string
  /** Path, already in its canonical (encoded) form. */
  readonly path: string
  /** Query string, already sorted and encoded. */
  readonly query: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** Lower-case names in order. */
  readonly signedHeaders: readonly string[]
  /** Hash of the body, in lower-case hexadecimal digits. */
  readonly payloadHash: string
}

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/**
 * Builds the canonical request of Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(parts: CanonicalParts): string {
  let text = `${parts.method}\n${parts.path}\n${parts.query}\n`
  for (const name of parts.signedHeaders) text += `${name}:${trimValue(parts.headers.get(name) ?? '')}\n`
  return `${text}\n${parts.signedHeaders.join(';')}\n${parts.payloadHash}`
}

/** Outer blanks go, runs of blanks become one. */
function trimValue(value: string): string {
  // Only blanks and tabs: for trim() some bytes of a name in another script are white space too.
  const trimmed = /^[ \t]|[ \t]$/.test(value) ? value.replaceAll(/^[ \t]+|[ \t]+$/g, '') : value
  return trimmed.includes('  ') ? trimmed.replaceAll(/ {2,}/g, ' ') : trimmed
}

/** The string to sign: `AWS4-HMAC-SHA256`, time, scope and the canonical request's hash. */
export function stringToSign(timestamp: string, scope: string, request: string): string {
  // Node reads header bytes as Latin-1: so they become the bytes again that were signed.
  return `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256Hex(Buffer.from(request, 'latin1'))}`
}

/** Encodes as SigV4 wants it: all but unreserved characters (RFC 3986), in upper-case hexadecimal digits. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Sorts and encodes query parameters. */
export function canonicalQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}
