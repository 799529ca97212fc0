import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { deleteLoginProfile } from './delete-login-profile.ts'
import { listMfaDevices, listSigningCertificates, listSshPublicKeys } from './list-of-user.ts'
import { listServiceSpecificCredentials } from './list-service-specific-credentials.ts'
import { listVirtualMfaDevices } from './list-virtual-mfa-devices.ts'

/** The operations on credentials that AWS's users may have beside access keys, and ours do not: tools ask for them before they delete a user. */
export const otherCredentialOperations: readonly Operation<IamNeeds>[] = [
  deleteLoginProfile,
  listMfaDevices,
  listServiceSpecificCredentials,
  listSigningCertificates,
  listSshPublicKeys,
  listVirtualMfaDevices,
]
