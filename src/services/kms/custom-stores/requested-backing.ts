import { ServiceError } from '../../../base/index.ts'
import { checkTrustAnchor, isHsmStore, isProxyStore, wordedFor, wrapStoreSecret } from '../../../keys/index.ts'
import type { CustomStoreValue, CustomStores, ExternalBacking, HsmBacking } from '../../../keys/index.ts'
import type { KeyRing } from '../../../seal/index.ts'
import type { kms } from '../../../wire/index.ts'

type Owner = Pick<CustomStoreValue, 'account' | 'region' | 'storeId'>

const hsmMembers = ['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate'] as const
const proxyMembers = [
  'XksProxyAuthenticationCredential',
  'XksProxyConnectivity',
  'XksProxyUriEndpoint',
  'XksProxyUriPath',
] as const
const serviceMembers = ['XksProxyVpcEndpointServiceName', 'XksProxyVpcEndpointServiceOwner'] as const

/** The backing of a new AWS CloudHSM key store. @throws {ServiceError} */
export function newHsmBacking(input: kms.CreateCustomKeyStoreRequest, owner: Owner, keyRing: KeyRing): HsmBacking {
  refuseMembers(input, [...proxyMembers, ...serviceMembers], 'AWS_CLOUDHSM')
  requireMembers(input, hsmMembers, 'AWS_CLOUDHSM')
  const { CloudHsmClusterId: clusterId, TrustAnchorCertificate: trustAnchorCertificate } = input
  checkTrustAnchor(trustAnchorCertificate!)
  return {
    kind: 'AWS_CLOUDHSM',
    clusterId: clusterId!,
    trustAnchorCertificate: trustAnchorCertificate!,
    wrappedPassword: wrapStoreSecret(input.KeyStorePassword!, owner, keyRing),
  }
}

/** The backing of a new external key store. @throws {ServiceError} */
export function newExternalBacking(
  input: kms.CreateCustomKeyStoreRequest,
  owner: Owner,
  keyRing: KeyRing,
): ExternalBacking {
  refuseMembers(input, hsmMembers, 'EXTERNAL_KEY_STORE')
  requireMembers(input, proxyMembers, 'EXTERNAL_KEY_STORE')
  const { AccessKeyId: accessKeyId, RawSecretAccessKey: secret } = input.XksProxyAuthenticationCredential!
  const { XksProxyVpcEndpointServiceName: serviceName } = input
  const serviceOwner = input.XksProxyVpcEndpointServiceOwner ?? owner.account
  return checkedProxy({
    kind: 'EXTERNAL_KEY_STORE',
    connectivity: input.XksProxyConnectivity as ExternalBacking['connectivity'],
    uriEndpoint: input.XksProxyUriEndpoint!,
    uriPath: input.XksProxyUriPath!,
    accessKeyId,
    wrappedSecret: wrapStoreSecret(secret, owner, keyRing),
    ...(serviceName === undefined
      ? {}
      : { vpcEndpointServiceName: serviceName, vpcEndpointServiceOwner: serviceOwner }),
  })
}

/** An AWS CloudHSM key store's backing with what an update changes. @throws {ServiceError} */
export function changedHsmBacking(
  input: kms.UpdateCustomKeyStoreRequest,
  backing: HsmBacking,
  owner: Owner,
  keyRing: KeyRing,
): HsmBacking {
  refuseMembers(input, [...proxyMembers, ...serviceMembers], 'AWS_CLOUDHSM')
  const { CloudHsmClusterId: clusterId, KeyStorePassword: password } = input
  // Whether two tokens have the same keys is not known here: it is the operator's to say which token a cluster is.
  if (clusterId !== undefined && clusterId !== backing.clusterId) {
    throw new ServiceError(
      'CloudHsmClusterNotRelatedException',
      `Cluster ${clusterId} is not known to share a backup history with cluster ${backing.clusterId}.`,
    )
  }
  if (password === undefined) return backing
  return { ...backing, wrappedPassword: wrapStoreSecret(password, owner, keyRing) }
}

/** An external key store's backing with what an update changes. @throws {ServiceError} */
export function changedExternalBacking(
  input: kms.UpdateCustomKeyStoreRequest,
  backing: ExternalBacking,
  owner: Owner,
  keyRing: KeyRing,
): ExternalBacking {
  refuseMembers(input, ['CloudHsmClusterId', 'KeyStorePassword'], 'EXTERNAL_KEY_STORE')
  const { vpcEndpointServiceName: oldName, vpcEndpointServiceOwner: oldOwner, ...rest } = backing
  const connectivity = (input.XksProxyConnectivity as ExternalBacking['connectivity'] | undefined) ?? rest.connectivity
  if (connectivity !== rest.connectivity && input.XksProxyUriEndpoint === undefined) {
    throw new ServiceError(
      'ValidationException',
      'You must specify XksProxyUriEndpoint when you change XksProxyConnectivity.',
    )
  }
  const isService = connectivity === 'VPC_ENDPOINT_SERVICE'
  const serviceName = input.XksProxyVpcEndpointServiceName ?? (isService ? oldName : undefined)
  const serviceOwner = input.XksProxyVpcEndpointServiceOwner ?? oldOwner ?? owner.account
  const credential = input.XksProxyAuthenticationCredential
  return checkedProxy({
    ...rest,
    connectivity,
    uriEndpoint: input.XksProxyUriEndpoint ?? rest.uriEndpoint,
    uriPath: input.XksProxyUriPath ?? rest.uriPath,
    ...(credential === undefined
      ? {}
      : {
          accessKeyId: credential.AccessKeyId,
          wrappedSecret: wrapStoreSecret(credential.RawSecretAccessKey, owner, keyRing),
        }),
    ...(serviceName === undefined
      ? {}
      : { vpcEndpointServiceName: serviceName, vpcEndpointServiceOwner: serviceOwner }),
  })
}

/** Whether an update asks for what only a disconnected store can have: all but the name, an external store's path and its credential. */
export function needsDisconnection(input: kms.UpdateCustomKeyStoreRequest): boolean {
  return [
    'KeyStorePassword',
    'CloudHsmClusterId',
    'XksProxyUriEndpoint',
    'XksProxyConnectivity',
    ...serviceMembers,
  ].some(member => isGiven(input, member))
}

/**
 * Whether a store's backing is there: its cluster, or its proxy, which is asked for its health. A proxy behind a VPC endpoint service is asked when
 * the store is connected, as AWS does. @throws {ServiceError}
 */
export async function requireBacking(
  store: CustomStoreValue,
  asked: { readonly operation: string; readonly requestId: string },
  stores: CustomStores,
): Promise<void> {
  if (isHsmStore(store)) {
    const { clusterId } = store.backing
    const state = await stores.tokens.state(clusterId, store.account)
    if (state === 'unknown')
      throw new ServiceError('CloudHsmClusterNotFoundException', `Cluster ${clusterId} does not exist.`)
    if (state === 'inactive')
      throw new ServiceError('CloudHsmClusterNotActiveException', `Cluster ${clusterId} is not active.`)
  }
  if (isProxyStore(store)) {
    const { connectivity, uriEndpoint, vpcEndpointServiceName: service } = store.backing
    if (connectivity === 'PUBLIC_ENDPOINT')
      await wordedFor('store', () =>
        stores.withProxy(store, proxy => proxy.checkHealth(asked.operation, asked.requestId)),
      )
    else if (!stores.proxies.permits(uriEndpoint))
      throw new ServiceError(
        'XksProxyVpcEndpointServiceNotFoundException',
        `The VPC endpoint service ${service} with the private DNS name of ${uriEndpoint} cannot be found.`,
      )
  }
}

function checkedProxy(backing: ExternalBacking): ExternalBacking {
  const { connectivity, vpcEndpointServiceName: serviceName, uriPath } = backing
  if (connectivity === 'VPC_ENDPOINT_SERVICE' && serviceName === undefined) {
    throw new ServiceError(
      'ValidationException',
      'You must specify XksProxyVpcEndpointServiceName when XksProxyConnectivity is VPC_ENDPOINT_SERVICE.',
    )
  }
  if (connectivity === 'PUBLIC_ENDPOINT' && serviceName !== undefined) {
    throw new ServiceError(
      'ValidationException',
      'XksProxyVpcEndpointServiceName is not valid when XksProxyConnectivity is PUBLIC_ENDPOINT.',
    )
  }
  // The only version that there is.
  if (!uriPath.endsWith('/kms/xks/v1'))
    throw new ServiceError('XksProxyInvalidConfigurationException', 'XksProxyUriPath must end with /kms/xks/v1.')
  return backing
}

function requireMembers(input: object, members: readonly string[], type: string): void {
  const absent = members.find(member => !isGiven(input, member))
  if (absent === undefined) return
  throw new ServiceError('ValidationException', `You must specify ${absent} for a custom key store of type ${type}.`)
}

function refuseMembers(input: object, members: readonly string[], type: string): void {
  const useless = members.find(member => isGiven(input, member))
  if (useless === undefined) return
  throw new ServiceError('ValidationException', `${useless} is not valid for a custom key store of type ${type}.`)
}

function isGiven(input: object, member: string): boolean {
  return (input as Readonly<Record<string, unknown>>)[member] !== undefined
}
