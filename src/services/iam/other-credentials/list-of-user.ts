import type { Operation, Outcome } from '../../operation.ts'
import type { HolderInput } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, emptyPage } from '../paging.ts'
import type { EmptyPage, PageInput } from '../paging.ts'
import { userOperation } from '../users/user-operation.ts'

/**
 * A list of something that AWS's users may have and ours do not. It is there because tools ask for it before they delete a user; who
 * may ask, and of whom, is as for any other.
 */
export function listOfUser(name: string, member: string): Operation<IamNeeds> {
  const answer = async (input: PageInput): Promise<Outcome<EmptyPage<string>>> => ({ output: emptyPage(member, input) })
  return userOperation<HolderInput & PageInput, EmptyPage<string>>({
    name,
    readOnly: true,
    requestParameters: auditPage,
    run: answer,
    ofRoot: answer,
  })
}

/** ListMFADevices: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html */
export const listMfaDevices = listOfUser('ListMFADevices', 'MFADevices')

/** ListSigningCertificates: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html */
export const listSigningCertificates = listOfUser('ListSigningCertificates', 'Certificates')

/** ListSSHPublicKeys: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html */
export const listSshPublicKeys = listOfUser('ListSSHPublicKeys', 'SSHPublicKeys')
