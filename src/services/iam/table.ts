import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { createAccessKeyOperation } from './create-access-key.ts'
import { createUserOperation } from './create-user.ts'
import { deleteAccessKeyOperation } from './delete-access-key.ts'
import { deleteUserPolicyOperation } from './delete-user-policy.ts'
import { deleteUserOperation } from './delete-user.ts'
import { getRole } from './get-role.ts'
import { getUserPolicy } from './get-user-policy.ts'
import { getUser } from './get-user.ts'
import { listAccessKeys } from './list-access-keys.ts'
import { listAttachedUserPolicies } from './list-attached-user-policies.ts'
import { listGroupsForUser } from './list-groups-for-user.ts'
import { listRoles } from './list-roles.ts'
import { listUserPolicies } from './list-user-policies.ts'
import { listUserTags } from './list-user-tags.ts'
import { listUsers } from './list-users.ts'
import type { IamNeeds } from './needs.ts'
import { putUserPolicyOperation } from './put-user-policy.ts'
import { tagUser } from './tag-user.ts'
import { untagUser } from './untag-user.ts'
import { updateAccessKey } from './update-access-key.ts'

/** AWS Identity and Access Management: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iamService: Service<IamNeeds> = {
  name: 'iam',
  eventSource: 'iam.amazonaws.com',
  refusal: message => new ServiceError('AccessDenied', message),
  operations: operationTable<IamNeeds>([
    createAccessKeyOperation,
    createUserOperation,
    deleteAccessKeyOperation,
    deleteUserOperation,
    deleteUserPolicyOperation,
    getRole,
    getUser,
    getUserPolicy,
    listAccessKeys,
    listAttachedUserPolicies,
    listGroupsForUser,
    listRoles,
    listUserPolicies,
    listUserTags,
    listUsers,
    putUserPolicyOperation,
    tagUser,
    untagUser,
    updateAccessKey,
  ]),
}
