import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

/** AWS Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsService: Service<object> = {
  name: 'sts',
  eventSource: 'sts.amazonaws.com',
  refusal: message => new ServiceError('AccessDenied', message),
  operations: operationTable<object>([getCallerIdentity]),
}
