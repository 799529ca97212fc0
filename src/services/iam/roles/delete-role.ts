import { deleteRole } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { boundaryContext } from '../holders/holder-check.ts'
import { roleOperation } from './role-operation.ts'

/** DeleteRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const deleteRoleOperation = roleOperation<iam.DeleteRoleRequest, undefined>({
  name: 'DeleteRole',
  readOnly: false,
  context: (_input, value) => boundaryContext(value),
  async run(_input, role) {
    return { output: undefined, commit: { writes: deleteRole(role) } }
  },
})
