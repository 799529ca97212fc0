import { ConfigError } from '../../base/index.ts'

const longestUrl = 255
// No query, no fragment, no user, nothing that a policy's principal or an ARN could not hold.
const issuerForm = /^https:\/\/[a-z0-9.:[\]-]+(?:\/[\w.~:@%+,;=-]*)*$/

/**
 * Checks the URL of an issuer. Its tokens are compared with it character by character, so it must be written in the one way
 * that a URL parser writes it too; whether it ends with a slash is part of its name.
 *
 * @throws {ConfigError}
 */
export function requireIssuer(text: string): string {
  const url = issuerForm.test(text) && text.length <= longestUrl ? URL.parse(text) : null
  if (url === null || (url.href !== text && url.href !== `${text}/`))
    throw new ConfigError(
      `Cannot use issuer "${text}": give the https URL that its tokens have in "iss", with a lower-case host, no query and at most ${longestUrl} characters`,
    )
  return text
}

/** Checks a URL that the operator names for keys. @throws {ConfigError} */
export function requireKeysUrl(text: string): string {
  if (text.length <= 2_048 && isPlainHttps(URL.parse(text))) return text
  throw new ConfigError(`Cannot fetch keys from "${text}": it must be an https URL without user and fragment`)
}

/** The issuer without its scheme: the name in ARNs and condition keys. */
export function issuerName(issuer: string): string {
  return issuer.slice('https://'.length)
}

/** Where an issuer says where its keys are (OpenID Connect Discovery 1.0, section 4). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * Whether keys may be fetched from a place that only the issuer's own document names: on the issuer's host and port, so that
 * the document cannot send us to an address of somebody else's choice.
 */
export function isOwnKeysUrl(issuer: string, keysUrl: unknown): keysUrl is string {
  if (typeof keysUrl !== 'string' || keysUrl.length > 2_048) return false
  const url = URL.parse(keysUrl)
  return isPlainHttps(url) && url.origin === new URL(issuer).origin
}

function isPlainHttps(url: URL | null): url is URL {
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === ''
}
