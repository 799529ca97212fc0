import { isHsmStore, isProxyStore, notInState, updateStore } from '../../../keys/index.ts'
import type { CustomStoreValue, StoreBacking } from '../../../keys/index.ts'
import type { KeyRing } from '../../../seal/index.ts'
import type { kms } from '../../../wire/index.ts'
import { changedExternalBacking, changedHsmBacking, needsDisconnection, requireBacking } from './requested-backing.ts'
import { findStore, storeEventData, storeOperation } from './store-operation.ts'

/** UpdateCustomKeyStore: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html */
export const updateCustomKeyStore = storeOperation<kms.UpdateCustomKeyStoreRequest, kms.UpdateCustomKeyStoreResponse>({
  name: 'UpdateCustomKeyStore',
  readOnly: false,
  requestParameters: input => ({
    customKeyStoreId: input.CustomKeyStoreId,
    newCustomKeyStoreName: input.NewCustomKeyStoreName,
    clusterId: input.CloudHsmClusterId,
    xksProxyConnectivity: input.XksProxyConnectivity,
    xksProxyUriEndpoint: input.XksProxyUriEndpoint,
    xksProxyUriPath: input.XksProxyUriPath,
    xksProxyVpcEndpointServiceName: input.XksProxyVpcEndpointServiceName,
    xksProxyVpcEndpointServiceOwner: input.XksProxyVpcEndpointServiceOwner,
  }),
  async run(input, scope, { keys: { customStores, keyRing } }) {
    const around = await customStores.around(scope.caller.account, scope.region, undefined)
    const record = await findStore(input.CustomKeyStoreId, scope, customStores)
    const store = record.value
    const backing = changedBacking(input, store, keyRing)
    requireChangeable(store, input)
    const changed = { name: input.NewCustomKeyStoreName ?? store.name, backing }
    const writes = updateStore(record, changed, around)
    const asked = { operation: 'UpdateCustomKeyStore', requestId: scope.requestId }
    if (!isSame(backing, store.backing)) await requireBacking({ ...store, ...changed }, asked, customStores)
    return { output: {}, commit: { writes, scrub: true }, additionalEventData: storeEventData(store) }
  },
})

function requireChangeable(store: CustomStoreValue, input: kms.UpdateCustomKeyStoreRequest): void {
  const { kind } = store.connection
  if (kind === 'disconnected' || (kind === 'connected' && !needsDisconnection(input))) return
  throw notInState(store, 'must be DISCONNECTED for this change')
}

function changedBacking(
  input: kms.UpdateCustomKeyStoreRequest,
  store: CustomStoreValue,
  keyRing: KeyRing,
): StoreBacking {
  if (isHsmStore(store)) return changedHsmBacking(input, store.backing, store, keyRing)
  if (isProxyStore(store)) return changedExternalBacking(input, store.backing, store, keyRing)
  return store.backing
}

const isSame = (one: StoreBacking, other: StoreBacking): boolean => JSON.stringify(one) === JSON.stringify(other)
