import { parseArn } from '../base/index.ts'
import { principalsToBind, renamePrincipals } from '../policy/index.ts'
import type { BoundPrincipals } from '../policy/index.ts'

/** Finds users and roles by what documents call them. */
export interface PrincipalDirectory {
  /** Unique id of the user or role that has exactly this ARN now. */
  uniqueIdOf(arn: string): Promise<string | undefined>
  /** Unique id of the role of an account, whatever its path. */
  roleIdOf(account: string, roleName: string): Promise<string | undefined>
  /** ARN that the user or role with this unique id has now. */
  arnOf(uniqueId: string): Promise<string | undefined>
}

/** What came of binding a document: what its principals are, or the first that is nobody. */
export type Binding =
  | { readonly kind: 'bound'; readonly principals: BoundPrincipals }
  | { readonly kind: 'unknown'; readonly principal: string }

/** Finds out who the principals are that a document names. It must have been compiled. */
export async function bindPrincipals(text: string, directory: PrincipalDirectory): Promise<Binding> {
  const principals: Record<string, string> = {}
  for (const principal of principalsToBind(text)) {
    const uniqueId = await idOf(principal, directory)
    if (uniqueId === undefined) return { kind: 'unknown', principal }
    principals[principal] = uniqueId
  }
  return { kind: 'bound', principals }
}

/**
 * A document as AWS shows it after it was bound: a user or role that is no more by its unique id, so that nobody takes its namesake for
 * it, and one that was renamed by its new ARN. Byte for byte as it was saved where nothing of this has happened.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export async function showPrincipals(
  text: string,
  bound: BoundPrincipals | undefined,
  directory: PrincipalDirectory,
): Promise<string> {
  const names = new Map<string, string>()
  for (const [principal, uniqueId] of Object.entries(bound ?? {})) {
    // Sessions come and go: they are shown as they were named.
    if (parseArn(principal)?.service === 'sts') continue
    if ((await idOf(principal, directory)) === uniqueId && principal !== uniqueId) continue
    names.set(principal, (await directory.arnOf(uniqueId)) ?? uniqueId)
  }
  const hasChanged = [...names].some(([principal, shown]) => principal !== shown)
  return hasChanged ? renamePrincipals(text, names) : text
}

async function idOf(principal: string, directory: PrincipalDirectory): Promise<string | undefined> {
  const arn = parseArn(principal)
  if (arn === undefined) return (await directory.arnOf(principal)) === undefined ? undefined : principal
  if (arn.service === 'iam') return directory.uniqueIdOf(principal)
  // A session is of a role, whose path its ARN does not have: there need not be such a session now.
  const [, roleName = ''] = arn.resource.split('/')
  return directory.roleIdOf(arn.account, roleName)
}
