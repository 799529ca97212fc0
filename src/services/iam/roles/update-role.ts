import { changeRole } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { boundaryContext } from '../holders/holder-check.ts'
import { roleOperation } from './role-operation.ts'

/** UpdateRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html. What the request does not say stays. */
export const updateRole = roleOperation<iam.UpdateRoleRequest, iam.UpdateRoleResponse>({
  name: 'UpdateRole',
  readOnly: false,
  context: (_input, value) => boundaryContext(value),
  requestParameters: ({ Description: description, MaxSessionDuration: maxSessionDuration }) => ({
    description,
    maxSessionDuration,
  }),
  async run({ Description: description, MaxSessionDuration: maxSessionSeconds }, role) {
    const changed = {
      ...(description === undefined ? {} : { description }),
      ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
    }
    return { output: {}, commit: { writes: changeRole(role, changed) } }
  },
})
