import type { PrincipalDirectory } from '../src/accounts/index.ts'

/** A directory without users and roles: for documents that name accounts only. */
export const noPrincipals: PrincipalDirectory = {
  uniqueIdOf: async () => undefined,
  roleIdOf: async () => undefined,
  arnOf: async () => undefined,
}
