import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { accessKeyOperations } from './access-keys/operations.ts'
import { accountOperations } from './account/operations.ts'
import { groupOperations } from './groups/operations.ts'
import { holderOperations } from './holders/operations.ts'
import type { IamNeeds } from './needs.ts'
import { otherCredentialOperations } from './other-credentials/operations.ts'
import { policyOperations } from './policies/operations.ts'
import { roleOperations } from './roles/operations.ts'
import { simulationOperations } from './simulation/operations.ts'
import { tagOperations } from './tags/operations.ts'
import { userOperations } from './users/operations.ts'

/** AWS Identity and Access Management: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iamService: Service<IamNeeds> = {
  name: 'iam',
  eventSource: 'iam.amazonaws.com',
  refusal: message => new ServiceError('AccessDenied', message),
  operations: operationTable<IamNeeds>([
    ...userOperations,
    ...groupOperations,
    ...roleOperations,
    ...policyOperations,
    ...holderOperations,
    ...tagOperations,
    ...accessKeyOperations,
    ...otherCredentialOperations,
    ...accountOperations,
    ...simulationOperations,
  ]),
}
