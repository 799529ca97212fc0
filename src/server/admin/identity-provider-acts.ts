import { X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import {
  createIdentityProvider,
  deleteIdentityProvider,
  identityProviderCollection,
  identityProviderId,
  keysPlaceOf,
  listIdentityProviders,
} from '../../accounts/index.ts'
import type { IdentityProviderValue } from '../../accounts/index.ts'
import { ConfigError, formatInstant } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { ConflictError } from '../../storage/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { FetchFailure } from '../issuer-keys/fetch-document.ts'
import { fetchIssuerKeys } from '../issuer-keys/fetch-issuer-keys.ts'
import { homeAccount, recordAct } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { textMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** An identity provider as `postern identity-provider list` shows it. */
export interface ListedIdentityProvider {
  readonly account: string
  readonly arn: string
  readonly url: string
  readonly clientIds: readonly string[]
  /** `file`; or the URL that keys are fetched from; or `discovery`, where the issuer says which. */
  readonly keys: string
  /** Ids of the keys that were read from a file. */
  readonly keyIds?: readonly string[]
  readonly createdAt: string
}

/** What `postern identity-provider create` gets. */
export interface CreatedIdentityProvider {
  readonly provider: ListedIdentityProvider
  /** Why its keys could not be fetched just now; the provider is there all the same. */
  readonly problem?: string
}

/** The acts on identity providers, by path. */
export function identityProviderActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [
    ['/identity-provider/create', body => create(body, sources)],
    ['/identity-provider/list', body => list(body, sources)],
    ['/identity-provider/delete', body => remove(body, sources)],
  ]
}

async function create(body: JsonObject, sources: AdministrationSources): Promise<CreatedIdentityProvider> {
  const account = await openAccount(body, sources)
  const wanted = {
    account,
    issuer: textMember(body, 'url') ?? '',
    clientIds: textsMember(body, 'clientIds'),
    jwks: textMember(body, 'jwks'),
    jwksUrl: textMember(body, 'jwksUrl'),
    authorities: textMember(body, 'authorities'),
  }
  const { provider, writes } = createIdentityProvider(wanted, sources.clock.now())
  try {
    await recordAct(sources, 'CreateIdentityProvider', account, await recorded(provider), { writes })
  } catch (error) {
    if (error instanceof ConflictError)
      throw new ConfigError(
        `Account ${account} trusts ${provider.issuer} already: to change that, "postern identity-provider delete" it first`,
      )
    throw error
  }
  const problem = await problemOf(provider)
  return { provider: listed(provider), ...(problem === undefined ? {} : { problem }) }
}

/** Why the keys cannot be fetched: better said to the operator now than to the first workload. */
async function problemOf(provider: IdentityProviderValue): Promise<string | undefined> {
  const place = keysPlaceOf(provider)
  if (place === undefined) return undefined
  try {
    await fetchIssuerKeys(place)
    return undefined
  } catch (error) {
    if (error instanceof FetchFailure) return error.message
    throw error
  }
}

async function list(body: JsonObject, sources: AdministrationSources): Promise<object> {
  const account = textMember(body, 'account')
  const providers = await listIdentityProviders(sources.store, account)
  await recordAct(sources, 'ListIdentityProviders', account ?? (await homeAccount(sources)), {})
  return { providers: providers.map(({ value }) => listed(value)) }
}

async function remove(body: JsonObject, sources: AdministrationSources): Promise<object> {
  const account = textMember(body, 'account') ?? ''
  const url = textMember(body, 'url') ?? ''
  const provider = await sources.store.get(identityProviderCollection, identityProviderId(account, url))
  if (provider === undefined)
    throw new ConfigError(
      `Account ${account} trusts no identity provider ${url}: "postern identity-provider list" lists them`,
    )
  const { arn } = provider.value
  await recordAct(
    sources,
    'DeleteIdentityProvider',
    account,
    { arn, url },
    { writes: deleteIdentityProvider(provider) },
  )
  return { arn }
}

async function openAccount(body: JsonObject, { accounts }: AdministrationSources): Promise<string> {
  const id = textMember(body, 'account') ?? ''
  const account = await accounts.findAccount(id)
  if (account === undefined) throw new ConfigError(`There is no account ${id}: "postern account list" lists them`)
  if (account.value.closedAt !== undefined)
    throw new ConfigError(`Account ${id} is closed: open it first with "postern account reopen --id ${id}"`)
  return id
}

function textsMember(body: JsonObject, name: string): readonly string[] {
  const value = body[name]
  if (Array.isArray(value) && value.every(one => typeof one === 'string')) return value
  throw new ConfigError(`"${name}" must be a list of texts`)
}

function listed({ account, arn, issuer, clientIds, keys, createdAt }: IdentityProviderValue): ListedIdentityProvider {
  return {
    account,
    arn,
    url: issuer,
    clientIds,
    keys: keys.kind === 'file' ? 'file' : (keys.jwksUrl ?? 'discovery'),
    ...(keys.kind === 'file' ? { keyIds: keys.jwks.keys.map(({ kid }) => kid ?? '') } : {}),
    createdAt: formatInstant(createdAt),
  }
}

/** What the trail says: whom the account trusts from now on, down to the very keys (RFC 7638) and certificates. */
async function recorded(provider: IdentityProviderValue): Promise<AuditValues> {
  const { arn, issuer, clientIds, keys, authorities } = provider
  const certificates = authorities?.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g)
  return {
    arn,
    url: issuer,
    clientIds,
    ...(keys.kind === 'file'
      ? { keyThumbprints: await Promise.all(keys.jwks.keys.map(key => calculateJwkThumbprint({ ...key }))) }
      : { keys: keys.jwksUrl ?? 'discovery' }),
    certificateFingerprints: certificates?.map(pem => new X509Certificate(pem).fingerprint256),
  }
}
