import { ServiceError } from '../../../base/index.ts'
import { connectionStateOf } from '../../../keys/index.ts'
import type { CustomStoreValue, CustomStores, StoreBacking } from '../../../keys/index.ts'
import type { kms } from '../../../wire/index.ts'
import type { RequestScope } from '../../operation.ts'
import { afterMarker, markersOf, pageOf } from '../paging.ts'
import { findStore, noStore, storeOperation } from './store-operation.ts'

/** DescribeCustomKeyStores: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html */
export const describeCustomKeyStores = storeOperation<
  kms.DescribeCustomKeyStoresRequest,
  kms.DescribeCustomKeyStoresResponse
>({
  name: 'DescribeCustomKeyStores',
  readOnly: true,
  requestParameters: ({ CustomKeyStoreId: customKeyStoreId, CustomKeyStoreName: customKeyStoreName }) =>
    customKeyStoreId === undefined && customKeyStoreName === undefined
      ? null
      : { customKeyStoreId, customKeyStoreName },
  async run(input, scope, { keys: { customStores } }) {
    const { CustomKeyStoreId: storeId, CustomKeyStoreName: name, Limit: limit = 100, Marker: marker } = input
    if (storeId !== undefined || name !== undefined) {
      const store = await namedStore(input, scope, customStores)
      return { output: { CustomKeyStores: [storeEntry(store)], Truncated: false } }
    }
    const markers = markersOf('DescribeCustomKeyStores', scope)
    const after = afterMarker(marker, markers)
    const found = await customStores.list(scope.caller.account, scope.region, {
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const { items, answer } = pageOf(found, limit, markers, record => record.id)
    return { output: { CustomKeyStores: items.map(({ value }) => storeEntry(value)), ...answer } }
  },
})

async function namedStore(
  { CustomKeyStoreId: storeId, CustomKeyStoreName: name }: kms.DescribeCustomKeyStoresRequest,
  scope: RequestScope,
  stores: CustomStores,
): Promise<CustomStoreValue> {
  if (storeId !== undefined && name !== undefined) {
    throw new ServiceError(
      'ValidationException',
      'You can specify a CustomKeyStoreId or a CustomKeyStoreName, but not both.',
    )
  }
  if (storeId !== undefined) return (await findStore(storeId, scope, stores)).value
  const all = await stores.list(scope.caller.account, scope.region)
  const found = all.find(({ value }) => value.name === name)
  if (found === undefined) throw noStore(name!)
  return found.value
}

function storeEntry(store: CustomStoreValue): kms.CustomKeyStoresListEntry {
  const { connection, backing } = store
  return {
    CustomKeyStoreId: store.storeId,
    CustomKeyStoreName: store.name,
    CustomKeyStoreType: backing.kind,
    ConnectionState: connectionStateOf(store),
    ...(connection.kind === 'failed' ? { ConnectionErrorCode: connection.errorCode } : {}),
    CreationDate: store.createdAt,
    ...backingEntry(backing),
  }
}

function backingEntry(backing: StoreBacking): kms.CustomKeyStoresListEntry {
  if (backing.kind === 'AWS_CLOUDHSM')
    return { CloudHsmClusterId: backing.clusterId, TrustAnchorCertificate: backing.trustAnchorCertificate }
  const { vpcEndpointServiceName: serviceName, vpcEndpointServiceOwner: owner } = backing
  return {
    XksProxyConfiguration: {
      Connectivity: backing.connectivity,
      AccessKeyId: backing.accessKeyId,
      UriEndpoint: backing.uriEndpoint,
      UriPath: backing.uriPath,
      ...(serviceName === undefined ? {} : { VpcEndpointServiceName: serviceName }),
      ...(owner === undefined ? {} : { VpcEndpointServiceOwner: owner }),
    },
  }
}
