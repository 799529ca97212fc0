import { ServiceError } from '../../../base/index.ts'
import type { CustomStoreValue, CustomStores } from '../../../keys/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import { operation } from '../../operation.ts'
import type { Operation, Outcome, RequestScope } from '../../operation.ts'
import { noResource } from '../key-resource.ts'
import type { KmsNeeds } from '../needs.ts'

/** An operation on custom key stores: identity policies of the account permit it, for all stores or none. */
export interface StoreOperation<Input, Output> {
  readonly name: string
  readonly readOnly: boolean
  readonly requestParameters: (input: Input) => AuditValues | null
  readonly run: (input: Input, scope: RequestScope, needs: KmsNeeds) => Promise<Outcome<Output>>
}

/** Declares an operation on custom key stores. */
export function storeOperation<Input, Output>(declared: StoreOperation<Input, Output>): Operation<KmsNeeds> {
  const { name, readOnly, requestParameters, run } = declared
  return operation<KmsNeeds, Input, Output, undefined>({
    name,
    readOnly,
    requestParameters,
    async resolve(_input, scope) {
      return { checks: [{ action: `kms:${name}`, resource: noResource(scope) }], subject: undefined }
    },
    run: (input, _subject, scope, needs) => run(input, scope, needs),
  })
}

/** The store of that id in the caller's account and Region. @throws {ServiceError} CustomKeyStoreNotFoundException */
export async function findStore(
  storeId: string,
  { caller, region }: RequestScope,
  stores: CustomStores,
): Promise<StoredRecord<CustomStoreValue>> {
  const record = await stores.find(region, storeId)
  if (record === undefined || record.value.account !== caller.account) throw noStore(storeId)
  return record
}

/** No store has that id or name. */
export function noStore(named: string): ServiceError {
  return new ServiceError('CustomKeyStoreNotFoundException', `Custom key store ${named} does not exist`)
}

/** What the trail notes beside the request for a change of a store. */
export function storeEventData({ name, backing }: CustomStoreValue): AuditValues {
  return {
    customKeyStoreName: name,
    ...(backing.kind === 'AWS_CLOUDHSM' ? { clusterId: backing.clusterId } : {}),
  }
}
