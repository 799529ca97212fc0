import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { giveBackClientToken } from './client-tokens.ts'
import { endpointCollection } from './records.ts'
import type { EndpointValue, SubnetValue } from './records.ts'
import { SubnetAddresses } from './subnet-addresses.ts'

/** Changes some members of an endpoint. The commit meets a conflict where it was changed since it was read. */
export function setEndpoint(record: StoredRecord<EndpointValue>, changed: Partial<EndpointValue>): readonly Write[] {
  return [put(endpointCollection, record.id, { ...record.value, ...changed }, record.version)]
}

/** Removes an endpoint whose doors are closed, and gives its addresses back; `subnets` are all of its VPC. */
export function removeEndpoint(
  record: StoredRecord<EndpointValue>,
  subnets: readonly StoredRecord<SubnetValue>[],
): readonly Write[] {
  const addresses = new SubnetAddresses(subnets)
  for (const one of record.value.interfaces) addresses.giveBack(one)
  return [
    remove(endpointCollection, record.id, record.version),
    ...giveBackClientToken('vpc-endpoint', record.value),
    ...addresses.writes,
  ]
}
