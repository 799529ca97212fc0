import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { lookupEvents } from './lookup-events.ts'
import type { CloudTrailNeeds } from './lookup-events.ts'

/** AWS CloudTrail: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/ */
export const cloudtrailService: Service<CloudTrailNeeds> = {
  name: 'cloudtrail',
  eventSource: 'cloudtrail.amazonaws.com',
  refusal: message => new ServiceError('AccessDeniedException', message),
  operations: operationTable<CloudTrailNeeds>([lookupEvents]),
}
