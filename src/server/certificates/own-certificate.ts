import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { ConfigError, formatInstant } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { splitPem } from '../../network/index.ts'
import { secureContextOptions } from '../https-door.ts'

/** A certificate of the operator's own with its key, checked. */
export interface OwnCertificate {
  readonly file: string
  /** The chain as TLS sends it, PEM, and the key: a secret. */
  readonly cert: string
  readonly key: string
  readonly context: SecureContext
  readonly expiresAt: Instant
  /** Lower case; those of one label for all have `*.` before them. */
  readonly dnsNames: ReadonlySet<string>
  /** Root authorities that the file has: clients of this machine get them. */
  readonly roots: readonly string[]
  coversAddress(address: string): boolean
  fits(key: KeyObject): boolean
}

/** A file's text with its name, for messages. */
export interface NamedText {
  readonly file: string
  readonly text: string
}

/** A private key with the file that it is from. */
export interface OwnKey {
  readonly file: string
  readonly key: KeyObject
}

/** Reads a private key, PEM. @throws {ConfigError} that tells nothing of its text. */
export function parseOwnKey({ file, text }: NamedText): OwnKey {
  try {
    return { file, key: createPrivateKey(text) }
  } catch {
    // Without the cause: what OpenSSL says of a key stays here.
    throw new ConfigError(
      /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)
        ? `The key in ${file} is encrypted: certificate-key must name one without a passphrase, for its owner alone`
        : `Cannot read a key from ${file}: certificate-key must name a file with a private key in PEM`,
    )
  }
}

/** Reads and checks a certificate chain, PEM, the server's certificate first. @throws {ConfigError} */
export function parseOwnCertificate({ file, text }: NamedText, keys: readonly OwnKey[], now: Instant): OwnCertificate {
  const chain = parseChain(file, text)
  const [leaf] = chain
  const own = keys.find(({ key }) => leaf.checkPrivateKey(key))
  if (own === undefined) throw new ConfigError(`No certificate-key fits the certificate in ${file}`)
  requireTime(file, chain, now)
  requireForServers(file, leaf)
  requireOrder(file, chain)
  const dnsNames = dnsNamesOf(leaf)
  if (dnsNames.size === 0 && !/IP Address:/.test(leaf.subjectAltName ?? ''))
    throw new ConfigError(`The certificate in ${file} is for no name or address: it has no subject alternative names`)
  const cert = chain.filter(each => each === leaf || !isRoot(each)).join('')
  const key = String(own.key.export({ type: 'pkcs8', format: 'pem' }))
  return {
    file,
    cert,
    key,
    context: contextOf(file, cert, key),
    expiresAt: Math.min(...chain.map(each => each.validToDate.getTime())),
    dnsNames,
    roots: chain.filter(isRoot).map(String),
    fits: other => leaf.checkPrivateKey(other),
    coversAddress: address => leaf.checkIP(address) !== undefined,
  }
}

type Chain = readonly [X509Certificate, ...X509Certificate[]]

function parseChain(file: string, text: string): Chain {
  try {
    const [leaf, ...others] = splitPem(text).map(pem => new X509Certificate(pem))
    if (leaf === undefined) throw new TypeError('There is no certificate')
    return [leaf, ...others]
  } catch (cause) {
    throw new ConfigError(
      `Cannot read a certificate from ${file}: certificate must name a file with a certificate and its chain in PEM`,
      { cause },
    )
  }
}

function requireTime(file: string, chain: Chain, now: Instant): void {
  for (const { subject, validFromDate, validToDate } of chain) {
    const name = subject.replaceAll('\n', ', ')
    if (validToDate.getTime() <= now)
      throw new ConfigError(`The certificate of ${name} in ${file} ended at ${formatInstant(validToDate.getTime())}`)
    if (validFromDate.getTime() > now)
      throw new ConfigError(
        `The certificate of ${name} in ${file} does not begin before ${formatInstant(validFromDate.getTime())}`,
      )
  }
}

const serverAuthentication = '1.3.6.1.5.5.7.3.1'

/** Clients refuse a certificate whose extended key usage has other things only. */
function requireForServers(file: string, leaf: X509Certificate): void {
  const usages = leaf.keyUsage as readonly string[] | undefined
  if (usages !== undefined && !usages.includes(serverAuthentication))
    throw new ConfigError(`The certificate in ${file} is not for servers: its extended key usage has no serverAuth`)
}

function requireOrder(file: string, chain: Chain): void {
  chain.forEach((each, index) => {
    const next = chain[index + 1]
    if (next !== undefined && !(each.checkIssued(next) && each.verify(next.publicKey)))
      throw new ConfigError(
        `The certificates in ${file} are no chain: number ${index + 2} did not issue number ${index + 1}`,
      )
  })
}

const isRoot = (certificate: X509Certificate): boolean =>
  certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)

/** Names that hold other characters are quoted there, and fit no client's. */
function dnsNamesOf({ subjectAltName = '' }: X509Certificate): ReadonlySet<string> {
  const names = subjectAltName.split(', ').flatMap(each => /^DNS:((?:\*\.)?[\w.-]+)$/.exec(each)?.[1] ?? [])
  return new Set(names.map(name => name.toLowerCase()))
}

function contextOf(file: string, cert: string, key: string): SecureContext {
  try {
    return createSecureContext({ ...secureContextOptions, cert, key })
  } catch (error) {
    const { reason = 'TLS takes it not' } = error as { readonly reason?: string }
    throw new ConfigError(`Cannot serve the certificate in ${file}: ${reason}`)
  }
}
