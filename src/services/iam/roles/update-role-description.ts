import { changeRole } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { boundaryContext } from '../holders/holder-check.ts'
import { roleOperation } from './role-operation.ts'
import { auditRole, describedRoleShape } from './role-shapes.ts'

/** UpdateRoleDescription: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html */
export const updateRoleDescription = roleOperation<iam.UpdateRoleDescriptionRequest, iam.UpdateRoleDescriptionResponse>(
  {
    name: 'UpdateRoleDescription',
    readOnly: false,
    context: (_input, value) => boundaryContext(value),
    requestParameters: ({ Description: description }) => ({ description }),
    async run({ Description: description }, role, { accounts }) {
      const changed = { ...role.value, description }
      return {
        output: { Role: await describedRoleShape(changed, accounts) },
        commit: { writes: changeRole(role, { description }) },
        responseElements: { role: { ...auditRole(changed), description } },
      }
    },
  },
)
