import { formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, emptyPage } from '../paging.ts'

/** ListVirtualMFADevices: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html. There are none. */
export const listVirtualMfaDevices = operation<
  IamNeeds,
  iam.ListVirtualMFADevicesRequest,
  iam.ListVirtualMFADevicesResponse,
  undefined
>({
  name: 'ListVirtualMFADevices',
  readOnly: true,
  requestParameters: input => ({ assignmentStatus: input.AssignmentStatus, ...auditPage(input) }),
  async resolve(_input, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, 'mfa/') } as const
    return { checks: [{ action: 'iam:ListVirtualMFADevices', resource }], subject: undefined }
  },
  async run(input) {
    return { output: emptyPage('VirtualMFADevices', input) }
  },
})
