import type { PrincipalDirectory } from '../../accounts/index.ts'
import { accountRootArn } from '../../base/index.ts'
import type { GrantValue } from '../../keys/index.ts'
import type { GrantConstraints } from '../../policy/index.ts'
import type { kms } from '../../wire/index.ts'
import { isService, showParty } from './grant-parties.ts'

const standardLimit = 50
const mostShown = 100

/** How many grants a page has: AWS shows no more than 100, whatever is asked for. */
export function grantsPerPage({ Limit: limit = standardLimit }: { readonly Limit?: number | undefined }): number {
  return Math.min(limit, mostShown)
}

/** A grant as lists show it. */
export async function grantEntry(grant: GrantValue, principals: PrincipalDirectory): Promise<kms.GrantListEntry> {
  const { grantee, retiring } = grant
  const shownGrantee = await showParty(grantee, principals)
  const shownRetiring = retiring === undefined ? undefined : await showParty(retiring, principals)
  return {
    KeyId: grant.keyArn,
    GrantId: grant.grantId,
    Name: grant.name ?? '',
    CreationDate: grant.createdAt,
    ...(isService(grantee) ? { GranteeServicePrincipal: shownGrantee } : { GranteePrincipal: shownGrantee }),
    ...(retiring !== undefined && isService(retiring)
      ? { RetiringServicePrincipal: shownRetiring }
      : { RetiringPrincipal: shownRetiring }),
    IssuingAccount: accountRootArn(grant.issuingAccount),
    Operations: grant.operations,
    Constraints: constraintsOf(grant.constraints),
  }
}

function constraintsOf(constraints: GrantConstraints): kms.GrantConstraints | undefined {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints
  if (Object.keys(constraints).length === 0) return undefined
  return {
    EncryptionContextEquals: encryptionContextEquals,
    EncryptionContextSubset: encryptionContextSubset,
    SourceArn: sourceArn,
  }
}
