import { createStore, newStoreId } from '../../../keys/index.ts'
import type { CustomStoreValue } from '../../../keys/index.ts'
import type { kms } from '../../../wire/index.ts'
import { newExternalBacking, newHsmBacking, requireBacking } from './requested-backing.ts'
import { storeOperation } from './store-operation.ts'

/** CreateCustomKeyStore: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html */
export const createCustomKeyStore = storeOperation<kms.CreateCustomKeyStoreRequest, kms.CreateCustomKeyStoreResponse>({
  name: 'CreateCustomKeyStore',
  readOnly: false,
  requestParameters: input => ({
    customKeyStoreName: input.CustomKeyStoreName,
    clusterId: input.CloudHsmClusterId,
    customKeyStoreType: input.CustomKeyStoreType,
    xksProxyConnectivity: input.XksProxyConnectivity,
    xksProxyUriEndpoint: input.XksProxyUriEndpoint,
    xksProxyUriPath: input.XksProxyUriPath,
    xksProxyVpcEndpointServiceName: input.XksProxyVpcEndpointServiceName,
    xksProxyVpcEndpointServiceOwner: input.XksProxyVpcEndpointServiceOwner,
  }),
  async run(input, scope, { keys: { customStores, keyRing }, random }) {
    const { account } = scope.caller
    const owner = { account, region: scope.region, storeId: newStoreId(random) }
    const isExternal = input.CustomKeyStoreType === 'EXTERNAL_KEY_STORE'
    const backing = isExternal ? newExternalBacking(input, owner, keyRing) : newHsmBacking(input, owner, keyRing)
    const clusterId = backing.kind === 'AWS_CLOUDHSM' ? backing.clusterId : undefined
    const around = await customStores.around(account, scope.region, clusterId)
    const wanted = { ...owner, name: input.CustomKeyStoreName, backing }
    const writes = createStore(wanted, around, scope.now)
    const store: CustomStoreValue = { ...wanted, createdAt: scope.now, connection: { kind: 'disconnected' } }
    await requireBacking(store, { operation: 'CreateCustomKeyStore', requestId: scope.requestId }, customStores)
    return {
      output: { CustomKeyStoreId: owner.storeId },
      commit: { writes },
      responseElements: { customKeyStoreId: owner.storeId },
    }
  },
})
