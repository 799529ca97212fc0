import type { iam } from '../../../wire/index.ts'
import { boundaryContext } from '../holders/holder-check.ts'
import { roleOperation } from './role-operation.ts'
import { roleShape } from './role-shapes.ts'

/** GetRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export const getRole = roleOperation<iam.GetRoleRequest, iam.GetRoleResponse>({
  name: 'GetRole',
  readOnly: true,
  context: (_input, value) => boundaryContext(value),
  async run(_input, { value }, { accounts }) {
    return { output: { Role: await roleShape(value, accounts) } }
  },
})
