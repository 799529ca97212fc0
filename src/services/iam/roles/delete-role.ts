import { deleteRole } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { roleOperation } from './role-operation.ts'

/** DeleteRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const deleteRoleOperation = roleOperation<iam.DeleteRoleRequest, undefined>({
  name: 'DeleteRole',
  readOnly: false,
  async run(_input, role) {
    return { output: undefined, commit: { writes: deleteRole(role) } }
  },
})
