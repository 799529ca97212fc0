import { connectStore, disconnectStore } from '../../../keys/index.ts'
import type { CustomStoreValue } from '../../../keys/index.ts'
import type { StoredRecord, Write } from '../../../storage/index.ts'
import type { kms } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { KmsNeeds } from '../needs.ts'
import { findStore, storeEventData, storeOperation } from './store-operation.ts'

/** ConnectCustomKeyStore begins it and does not wait. https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html */
export const connectCustomKeyStore = connectionOperation('ConnectCustomKeyStore', connectStore)

/** DisconnectCustomKeyStore: https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html */
export const disconnectCustomKeyStore = connectionOperation('DisconnectCustomKeyStore', disconnectStore)

function connectionOperation(
  name: string,
  change: (record: StoredRecord<CustomStoreValue>) => readonly Write[],
): Operation<KmsNeeds> {
  return storeOperation<kms.ConnectCustomKeyStoreRequest, kms.ConnectCustomKeyStoreResponse>({
    name,
    readOnly: false,
    requestParameters: ({ CustomKeyStoreId: customKeyStoreId }) => ({ customKeyStoreId }),
    async run({ CustomKeyStoreId: storeId }, scope, { keys }) {
      const record = await findStore(storeId, scope, keys.customStores)
      const additionalEventData = storeEventData(record.value)
      return { output: {}, commit: { writes: change(record) }, additionalEventData }
    },
  })
}
