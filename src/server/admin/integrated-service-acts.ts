import {
  integratedServiceCollection,
  integratedServiceNameCollection,
  listIntegratedServices,
  registerIntegratedService,
  removeIntegratedService,
  requireServiceName,
} from '../../accounts/index.ts'
import type { IntegratedServiceValue, NewIntegratedService } from '../../accounts/index.ts'
import { ConfigError } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { homeAccount, recordAct, recordActFor, unlessChanged } from './administration.ts'
import type { AdministrationChange, AdministrationSources } from './administration.ts'
import { textMember, textsMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** An integrated service as `postern integrated-service list` shows it. */
export interface ListedService {
  readonly name: string
  /** ARN of the user or role that the service signs as. */
  readonly identity: string
  /** Its `AIDA…` or `AROA…`: whoever has the ARN later is not the service. */
  readonly identityId: string
  /** The accounts for whose callers it may act. */
  readonly accounts: readonly string[]
  /** Whether its identity is still there. */
  readonly status: 'registered' | 'identity gone'
}

/** The acts on integrated services, by path. */
export function integratedServiceActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [
    ['/integrated-service/register', body => register(body, sources)],
    ['/integrated-service/list', () => list(sources)],
    ['/integrated-service/remove', body => remove(body, sources)],
  ]
}

async function register(body: JsonObject, sources: AdministrationSources): Promise<object> {
  return unlessChanged(async () => {
    const wanted = {
      name: requireServiceName(textMember(body, 'name') ?? ''),
      identity: await identityOf(textMember(body, 'identity') ?? '', sources),
      accounts: await knownAccounts(textsMember(body, 'accounts'), sources),
    }
    const { service, writes, checks } = registerIntegratedService(wanted, sources.clock.now())
    await requireFree(service, sources)
    await recordFor('RegisterIntegratedService', service, sources, { writes, checks })
    return { service: await listed(service, sources) }
  })
}

async function identityOf(arn: string, { accounts }: AdministrationSources): Promise<NewIntegratedService['identity']> {
  const identity = await accounts.identities.findPrincipal(arn)
  if (identity === undefined)
    throw new ConfigError(
      `There is no user or role "${arn}": name one as arn:aws:iam::ACCOUNT:role/NAME or arn:aws:iam::ACCOUNT:user/NAME`,
    )
  return identity
}

async function knownAccounts(ids: readonly string[], { accounts }: AdministrationSources): Promise<readonly string[]> {
  for (const id of ids) {
    if ((await accounts.findAccount(id)) === undefined)
      throw new ConfigError(`There is no account ${id}: "postern account list" lists them`)
  }
  return ids
}

/** Says what is taken; were it taken only now, the commit would meet a conflict. @throws {ConfigError} */
async function requireFree(
  { name, identity }: IntegratedServiceValue,
  { store }: AdministrationSources,
): Promise<void> {
  if ((await store.get(integratedServiceNameCollection, name)) !== undefined)
    throw new ConfigError(
      `Service ${name} is registered already: to change it, remove it first with "postern integrated-service remove"`,
    )
  const other = await store.get(integratedServiceCollection, identity.id)
  if (other !== undefined)
    throw new ConfigError(`${identity.arn} is the identity of ${other.value.name}: each service has one of its own`)
}

async function list(sources: AdministrationSources): Promise<object> {
  const services = await listIntegratedServices(sources.store)
  await recordAct(sources, 'ListIntegratedServices', await homeAccount(sources), {})
  return { services: await Promise.all(services.map(({ value }) => listed(value, sources))) }
}

async function remove(body: JsonObject, sources: AdministrationSources): Promise<object> {
  return unlessChanged(async () => {
    const { store } = sources
    const name = textMember(body, 'name') ?? ''
    const known = name === '' ? undefined : await store.get(integratedServiceNameCollection, name)
    const service =
      known === undefined ? undefined : await store.get(integratedServiceCollection, known.value.identityId)
    if (service === undefined)
      throw new ConfigError(`There is no service "${name}": "postern integrated-service list" lists them`)
    await recordFor('RemoveIntegratedService', service.value, sources, { writes: removeIntegratedService(service) })
    return { name }
  })
}

/** In the trail of the identity's account with all of it; of the others each learns that it is about its own callers. */
async function recordFor(
  eventName: string,
  { name, identity, accounts }: IntegratedServiceValue,
  sources: AdministrationSources,
  change: AdministrationChange,
): Promise<void> {
  const tell = (account: string, ids: readonly string[]): readonly [string, AuditValues] => [
    account,
    { name, identity: identity.arn, identityId: identity.id, accounts: ids },
  ]
  const others = accounts.filter(id => id !== identity.account)
  await recordActFor(
    sources,
    eventName,
    [tell(identity.account, accounts), ...others.map(id => tell(id, [id]))],
    change,
  )
}

async function listed(
  { name, identity, accounts }: IntegratedServiceValue,
  sources: AdministrationSources,
): Promise<ListedService> {
  const arn = await sources.accounts.identities.arnOfIdentity(identity)
  return {
    name,
    identity: arn ?? identity.arn,
    identityId: identity.id,
    accounts,
    status: arn === undefined ? 'identity gone' : 'registered',
  }
}
