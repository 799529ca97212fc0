import {
  administratorRole,
  closeAccount,
  createAccount,
  recoverAdministrator,
  reopenAccount,
} from '../../accounts/index.ts'
import type { AccountValue, ReplacedPart } from '../../accounts/index.ts'
import { ConfigError, formatInstant, systemRandom } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { ConflictError } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import { homeAccount, recordAct, unlessChanged } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { textMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** An account as `postern account list` shows it. */
export interface ListedAccount {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly status: 'open' | 'closed'
  readonly closedAt?: string
}

/** What `postern account recover` gets. */
export interface RecoveredAdministrator {
  readonly account: string
  readonly roleArn: string
  /** There was no such role any more. */
  readonly madeAnew: boolean
  readonly replaced: readonly ReplacedPart[]
}

/** The acts on accounts, by path. */
export function accountActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [
    ['/account/create', body => create(body, sources)],
    ['/account/list', () => list(sources)],
    ['/account/close', body => close(body, sources)],
    ['/account/reopen', body => reopen(body, sources)],
    ['/account/recover', body => recover(body, sources)],
  ]
}

async function create(body: JsonObject, sources: AdministrationSources): Promise<object> {
  const id = textMember(body, 'id') ?? ''
  const name = textMember(body, 'name') ?? ''
  const { account, writes } = createAccount(id, name, { random: systemRandom, now: sources.clock.now() })
  try {
    await recordAct(sources, 'CreateAccount', id, { id, name }, { writes })
  } catch (error) {
    if (error instanceof ConflictError)
      throw new ConfigError(`Account ${id} is there already: "postern account list" lists them`)
    throw error
  }
  return { account: listed(account) }
}

async function list(sources: AdministrationSources): Promise<object> {
  const accounts = await sources.accounts.listAccounts()
  await recordAct(sources, 'ListAccounts', await homeAccount(sources), {})
  return { accounts: accounts.map(({ value }) => listed(value)) }
}

const listed = ({ id, name, createdAt, closedAt }: AccountValue): ListedAccount => ({
  id,
  name,
  createdAt: formatInstant(createdAt),
  ...(closedAt === undefined ? { status: 'open' } : { status: 'closed', closedAt: formatInstant(closedAt) }),
})

async function close(body: JsonObject, sources: AdministrationSources): Promise<object> {
  return unlessChanged(async () => {
    const account = await namedAccount(body, sources)
    const change = closeAccount(account, await sources.accounts.listAccounts(), sources.clock.now())
    await recordAct(sources, 'CloseAccount', account.id, { id: account.id }, change)
    return { id: account.id }
  })
}

async function reopen(body: JsonObject, sources: AdministrationSources): Promise<object> {
  return unlessChanged(async () => {
    const account = await namedAccount(body, sources)
    await recordAct(sources, 'ReopenAccount', account.id, { id: account.id }, { writes: reopenAccount(account) })
    return { id: account.id }
  })
}

async function recover(body: JsonObject, sources: AdministrationSources): Promise<RecoveredAdministrator> {
  return unlessChanged(async () => {
    const { id, value } = await namedAccount(body, sources)
    if (value.closedAt !== undefined)
      throw new ConfigError(`Account ${id} is closed: open it first with "postern account reopen --id ${id}"`)
    const present = await sources.accounts.identities.findRole(id, administratorRole)
    const needs = { random: systemRandom, now: sources.clock.now() }
    const { role, replaced, writes } = recoverAdministrator(id, present, needs)
    const parts = replaced.map(({ part }) => part)
    await recordAct(sources, 'RecoverAdministrator', id, { id, roleArn: role.arn, replaced: parts }, { writes })
    return { account: id, roleArn: role.arn, madeAnew: present === undefined, replaced }
  })
}

async function namedAccount(
  body: JsonObject,
  { accounts }: AdministrationSources,
): Promise<StoredRecord<AccountValue>> {
  const id = textMember(body, 'id') ?? ''
  const account = await accounts.findAccount(id)
  if (account === undefined) throw new ConfigError(`There is no account ${id}: "postern account list" lists them`)
  return account
}
