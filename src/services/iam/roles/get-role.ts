import type { RoleValue } from '../../../accounts/index.ts'
import { ServiceError, formatArn } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { roleShape } from '../users/user-shapes.ts'

/** GetRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export const getRole = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.GetRoleRequest,
  iam.GetRoleResponse,
  StoredRecord<RoleValue> | undefined
>({
  name: 'GetRole',
  readOnly: true,
  requestParameters: ({ RoleName: roleName }) => ({ roleName }),
  async resolve({ RoleName: roleName }, { caller: { account } }, { accounts }) {
    const role = await accounts.findRole(account, roleName)
    const arn = role?.value.arn ?? formatArn('iam', '', account, `role/${roleName}`)
    return { checks: [{ action: 'iam:GetRole', resource: { kind: 'named', account, arn } }], subject: role }
  },
  async run({ RoleName: roleName }, role) {
    if (role === undefined) throw new ServiceError('NoSuchEntity', `The role with name ${roleName} cannot be found.`)
    return { output: { Role: roleShape(role.value) } }
  },
})
