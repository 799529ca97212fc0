import { accountRootArn, isAccountId, parseArn } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { homeAccount, recordAct } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { textsMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** The acts on principals, by path. */
export function principalActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [['/principals/unknown', body => findUnknown(body, sources)]]
}

/** Which of some users, roles, sessions and accounts, as policies name them, do not exist. */
async function findUnknown(body: JsonObject, sources: AdministrationSources): Promise<object> {
  const names = textsMember(body, 'names')
  await recordAct(sources, 'LookUpPrincipals', await homeAccount(sources), { principals: names })
  const unknown: string[] = []
  for (const name of names) if (!(await exists(name, sources))) unknown.push(name)
  return { unknown }
}

async function exists(name: string, { accounts }: AdministrationSources): Promise<boolean> {
  if (isAccountId(name)) return (await accounts.findAccount(name)) !== undefined
  const arn = parseArn(name)
  if (arn === undefined) return (await accounts.identities.arnOf(name)) !== undefined
  const { account, resource } = arn
  const role = /^assumed-role\/([^/]+)\//.exec(resource)?.[1]
  if (role !== undefined) return (await accounts.identities.roleIdOf(account, role)) !== undefined
  // Of a federated user there is nothing but its session.
  if (name === accountRootArn(account) || resource.startsWith('federated-user/'))
    return (await accounts.findAccount(account)) !== undefined
  return (await accounts.identities.uniqueIdOf(name)) !== undefined
}
