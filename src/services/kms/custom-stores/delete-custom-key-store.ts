import { deleteStore } from '../../../keys/index.ts'
import type { kms } from '../../../wire/index.ts'
import { findStore, storeEventData, storeOperation } from './store-operation.ts'

/** DeleteCustomKeyStore: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html */
export const deleteCustomKeyStore = storeOperation<kms.DeleteCustomKeyStoreRequest, kms.DeleteCustomKeyStoreResponse>({
  name: 'DeleteCustomKeyStore',
  readOnly: false,
  requestParameters: ({ CustomKeyStoreId: customKeyStoreId }) => ({ customKeyStoreId }),
  async run({ CustomKeyStoreId: storeId }, scope, { keys: { customStores } }) {
    const around = await customStores.around(scope.caller.account, scope.region, undefined)
    const record = await findStore(storeId, scope, customStores)
    // After the store: a key is only made while its store is connected, and this one's record then is another.
    const keys = await customStores.countKeys(record.value)
    const writes = deleteStore(record, keys, around)
    return { output: {}, commit: { writes, scrub: true }, additionalEventData: storeEventData(record.value) }
  },
})
