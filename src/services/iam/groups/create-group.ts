import { createGroup, groupArn } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { requireRoomFor } from '../quota.ts'
import { auditGroup, groupShape } from './group-shapes.ts'

/** CreateGroup: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html */
export const createGroupOperation = operation<
  Pick<IamNeeds, 'accounts' | 'random'>,
  iam.CreateGroupRequest,
  iam.CreateGroupResponse,
  undefined
>({
  name: 'CreateGroup',
  readOnly: false,
  requestParameters: ({ GroupName: groupName, Path: path }) => ({ groupName, path }),
  async resolve({ GroupName: groupName, Path: path = '/' }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: groupArn({ account, path, groupName }) } as const
    return { checks: [{ action: 'iam:CreateGroup', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account }, now }, { accounts, random }) {
    const { GroupName: groupName, Path: path = '/' } = input
    if ((await accounts.identities.findGroup(account, groupName)) !== undefined)
      throw new ServiceError('EntityAlreadyExists', `Group with name ${groupName} already exists.`)
    await requireRoomFor('group', accounts, account)
    const { group, writes } = createGroup({ account, groupName, path }, { random, now })
    return {
      output: { Group: groupShape(group) },
      commit: { writes },
      responseElements: { group: auditGroup(group) },
      resources: [{ arn: group.arn, accountId: account, type: 'AWS::IAM::Group' }],
    }
  },
})
