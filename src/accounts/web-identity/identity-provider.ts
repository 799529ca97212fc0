import { X509Certificate } from 'node:crypto'
import { ConfigError, formatArn } from '../../base/index.ts'
import type { Instant } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { Collection, Store, StoredRecord, Write } from '../../storage/index.ts'
import type { KeysPlace } from './issuer-keys.ts'
import { issuerName, requireIssuer, requireKeysUrl } from './issuer-url.ts'
import { JwksError, parseJwks } from './parse-jwks.ts'
import type { PublicJwks } from './parse-jwks.ts'

/** An issuer of tokens that an account trusts. Only the operator of the machine makes one: it decides whom we fetch from. */
export interface IdentityProviderValue {
  readonly account: string
  /** `arn:aws:iam::ACCOUNT:oidc-provider/` and the issuer without its scheme. */
  readonly arn: string
  /** What tokens have in their claim `iss`, character by character. */
  readonly issuer: string
  /** The audiences that its tokens may be for. */
  readonly clientIds: readonly string[]
  readonly keys: IdentityProviderKeys
  /** Certificates, PEM, that its server's may be issued by, beside those that this machine trusts. */
  readonly authorities?: string
  readonly createdAt: Instant
}

/** Where the keys come from: a file that was read once, or a place they are fetched from (the issuer says which, if none is named). */
export type IdentityProviderKeys =
  | { readonly kind: 'file'; readonly jwks: PublicJwks }
  | { readonly kind: 'url'; readonly jwksUrl?: string }

/** Identity providers, by `identityProviderId`; the index has the account. */
export const identityProviderCollection: Collection<IdentityProviderValue> = {
  name: 'accounts.identity-provider',
  indexes: { account: provider => [provider.account] },
}

/** The record's id. An issuer is not compared without regard to case: it is a URL. */
export function identityProviderId(account: string, issuer: string): string {
  return `${account}/${issuer}`
}

/** Where the keys of a provider are fetched from; `undefined` where they were read from a file. */
export function keysPlaceOf({ issuer, keys, authorities }: IdentityProviderValue): KeysPlace | undefined {
  return keys.kind === 'url' ? { issuer, jwksUrl: keys.jwksUrl, authorities } : undefined
}

/** What the operator says of a new provider, unchecked. */
export interface NewIdentityProvider {
  readonly account: string
  readonly issuer: string
  readonly clientIds: readonly string[]
  /** The text of a JWK set; without it keys are fetched. */
  readonly jwks?: string | undefined
  readonly jwksUrl?: string | undefined
  /** Certificates, PEM. */
  readonly authorities?: string | undefined
}

/** Makes a provider. Its commit meets a conflict where the account has that issuer already. @throws {ConfigError} */
export function createIdentityProvider(
  wanted: NewIdentityProvider,
  now: Instant,
): { readonly provider: IdentityProviderValue; readonly writes: readonly Write[] } {
  const issuer = requireIssuer(wanted.issuer)
  const authorities = wanted.authorities === undefined ? undefined : requireCertificates(wanted.authorities)
  const provider: IdentityProviderValue = {
    account: wanted.account,
    arn: formatArn('iam', '', wanted.account, `oidc-provider/${issuerName(issuer)}`),
    issuer,
    clientIds: requireClientIds(wanted.clientIds),
    keys: keysOf(wanted),
    ...(authorities === undefined ? {} : { authorities }),
    createdAt: now,
  }
  const id = identityProviderId(provider.account, issuer)
  return { provider, writes: [put(identityProviderCollection, id, provider, 'absent')] }
}

/** Removes a provider: none of its tokens is accepted once the commit has returned. */
export function deleteIdentityProvider(provider: StoredRecord<IdentityProviderValue>): readonly Write[] {
  return [remove(identityProviderCollection, provider.id, provider.version)]
}

/** All providers of the installation, or those of one account, by account and issuer. */
export async function listIdentityProviders(
  store: Store,
  account?: string,
): Promise<readonly StoredRecord<IdentityProviderValue>[]> {
  const pageAfter = (after: string | undefined): Promise<readonly StoredRecord<IdentityProviderValue>[]> => {
    const page = after === undefined ? {} : { after }
    if (account === undefined) return store.list(identityProviderCollection, page)
    return store.find(identityProviderCollection, 'account', account, page)
  }
  const providers: StoredRecord<IdentityProviderValue>[] = []
  let page = await pageAfter(undefined)
  while (page.length > 0) {
    providers.push(...page)
    page = await pageAfter(page.at(-1)!.id)
  }
  return providers
}

const mostClientIds = 100

function requireClientIds(clientIds: readonly string[]): readonly string[] {
  const different = [...new Set(clientIds)]
  if (different.length < 1 || different.length > mostClientIds)
    throw new ConfigError(`An identity provider has 1 to ${mostClientIds} client ids: the audiences of its tokens`)
  const bad = different.find(clientId => !/^[^\p{C}]{1,255}$/u.test(clientId))
  if (bad !== undefined) throw new ConfigError(`Cannot use client id "${bad}": it has 1 to 255 characters`)
  return different
}

function keysOf({ jwks, jwksUrl }: NewIdentityProvider): IdentityProviderKeys {
  if (jwks === undefined) return { kind: 'url', ...(jwksUrl === undefined ? {} : { jwksUrl: requireKeysUrl(jwksUrl) }) }
  if (jwksUrl !== undefined)
    throw new ConfigError('The keys of an identity provider come from a file or a URL, not both')
  return { kind: 'file', jwks: requireKeys(jwks) }
}

function requireKeys(text: string): PublicJwks {
  let jwks
  try {
    jwks = parseJwks(text)
  } catch (cause) {
    if (!(cause instanceof JwksError)) throw cause
    throw new ConfigError(`Cannot use the file of keys: ${cause.message}`, { cause })
  }
  const names = jwks.keys.map(({ kty, kid }) => `${kty} ${kid}`)
  if (new Set(names).size < names.length)
    throw new ConfigError('Cannot use the file of keys: two of its keys have the same "kid", or none')
  return jwks
}

const mostCertificates = 20
const certificateForm = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

function requireCertificates(text: string): string {
  if (text.includes('PRIVATE KEY'))
    throw new ConfigError('Cannot use the file of certificates: it holds a private key, which nobody should see')
  const blocks = text.match(certificateForm) ?? []
  if (blocks.length < 1 || blocks.length > mostCertificates)
    throw new ConfigError(`Cannot use the file of certificates: it needs 1 to ${mostCertificates}, in PEM`)
  return blocks.map(normalCertificate).join('')
}

function normalCertificate(block: string): string {
  try {
    return new X509Certificate(block).toString()
  } catch (cause) {
    throw new ConfigError('Cannot use the file of certificates: one of them cannot be read', { cause })
  }
}
