import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError, accountRootArn, parseArn, partition, uniqueIdPattern } from '../../base/index.ts'
import type { GrantParty } from '../../policy/index.ts'

/** The two members by which a request or a list entry names a principal, or a service. */
export interface NamedParty {
  readonly principal?: string
  readonly service?: string
}

/**
 * Finds out whom a grant names. Users and roles are bound to their unique ids: whoever gets the name later is somebody else.
 *
 * @throws {ServiceError} InvalidArnException where it names nobody.
 */
export async function bindParty(
  { principal, service }: NamedParty,
  principals: PrincipalDirectory,
): Promise<GrantParty | undefined> {
  if (service !== undefined) return { id: service, arn: service }
  if (principal === undefined) return undefined
  const id = await idOfPrincipal(principal, principals)
  if (id === undefined)
    throw new ServiceError('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`)
  return { id, arn: principal }
}

// Of a session, its name follows.
const uniqueId = new RegExp(`^(${uniqueIdPattern})(:[\\w+=,.@-]{2,64})?$`)

/** The id that a list is filtered by: of a principal as above, or as lists show one that is gone. @throws {ServiceError} InvalidArnException */
export async function partyIdOf(named: NamedParty, principals: PrincipalDirectory): Promise<string | undefined> {
  if (named.principal !== undefined && uniqueId.test(named.principal)) return named.principal
  return (await bindParty(named, principals))?.id
}

async function idOfPrincipal(text: string, principals: PrincipalDirectory): Promise<string | undefined> {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== partition || arn.region !== '' || !/^\d{12}$/.test(arn.account))
    return undefined
  const { account, service, resource } = arn
  if (text === accountRootArn(account)) return account
  if (service === 'iam') return principals.uniqueIdOf(text)
  const [, kind, name = '', session] =
    /^(assumed-role|federated-user)\/([\w+=,.@-]{1,64})(?:\/([\w+=,.@-]{2,64}))?$/.exec(resource) ?? []
  if (service !== 'sts') return undefined
  if (kind === 'federated-user' && session === undefined) return `${account}:${name}`
  if (kind !== 'assumed-role' || session === undefined) return undefined
  const roleId = await principals.roleIdOf(account, name)
  return roleId === undefined ? undefined : `${roleId}:${session}`
}

/** Whether a grant's party is a service: its name is its id. */
export const isService = ({ id, arn }: GrantParty): boolean => id === arn

/** A grant's party as lists show it: by the ARN that it has now, and by its unique id where it is gone. */
export async function showParty(party: GrantParty, principals: PrincipalDirectory): Promise<string> {
  const [, id, session] = uniqueId.exec(party.id) ?? []
  if (id === undefined) return party.arn
  const arn = await principals.arnOf(id)
  if (arn === undefined) return party.id
  return session === undefined ? arn : party.arn
}
