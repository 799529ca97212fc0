import { X509Certificate } from 'node:crypto'
import { SecretBytes, ServiceError, newResourceId } from '../../base/index.ts'
import type { Instant, Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import {
  customStoreCollection,
  customStoreGuardCollection,
  customStoreGuardId,
  customStoreRecordId,
} from './custom-store-records.ts'
import type { CustomStoreValue, ExternalBacking, StoreBacking, StoreConnection } from './custom-store-records.ts'

/** What a change of stores is checked against: all that may be in its way, read after the guard. */
export interface StoresAround {
  readonly guard: StoredRecord<{ readonly changes: number }> | undefined
  /** Of the account and Region. */
  readonly own: readonly CustomStoreValue[]
  /** All external ones of the Region. */
  readonly external: readonly CustomStoreValue[]
  /** All of the cluster, wherever. */
  readonly ofCluster: readonly CustomStoreValue[]
}

/** Most stores of an account in a Region. */
const storeQuota = 10

/** A new store's id. */
export function newStoreId(random: Random): string {
  return newResourceId('cks', random)
}

/** Makes a store, disconnected. Its backing must have been checked against what it is. @throws {ServiceError} */
export function createStore(
  wanted: Omit<CustomStoreValue, 'createdAt' | 'connection'>,
  around: StoresAround,
  now: Instant,
): readonly Write[] {
  const store: CustomStoreValue = { ...wanted, createdAt: now, connection: { kind: 'disconnected' } }
  requireUnique(store, around)
  if (around.own.length >= storeQuota)
    throw new ServiceError('LimitExceededException', `You have reached the limit of ${storeQuota} custom key stores`)
  return [put(customStoreCollection, customStoreRecordId(store.region, store.storeId), store, 'absent'), guard(around)]
}

/** Changes a store's name or backing. @throws {ServiceError} */
export function updateStore(
  record: StoredRecord<CustomStoreValue>,
  changed: Pick<CustomStoreValue, 'name' | 'backing'>,
  around: StoresAround,
): readonly Write[] {
  const store = { ...record.value, ...changed }
  requireUnique(store, around)
  return [put(customStoreCollection, record.id, store, record.version), guard(around)]
}

/** Removes a store that has no keys. @throws {ServiceError} */
export function deleteStore(
  record: StoredRecord<CustomStoreValue>,
  keys: number,
  around: StoresAround,
): readonly Write[] {
  const { connection, name } = record.value
  if (connection.kind !== 'disconnected') throw notInState(record.value, 'must be DISCONNECTED to be deleted')
  if (keys > 0)
    throw new ServiceError('CustomKeyStoreHasCMKsException', `Custom key store ${name} contains ${keys} KMS keys.`)
  return [remove(customStoreCollection, record.id, record.version), guard(around)]
}

/** Begins to connect a store; nothing where that is under way or done. @throws {ServiceError} CustomKeyStoreInvalidStateException */
export function connectStore(record: StoredRecord<CustomStoreValue>): readonly Write[] {
  switch (record.value.connection.kind) {
    case 'connected':
    case 'connecting':
      return []
    case 'disconnected':
      return withConnection(record, { kind: 'connecting' })
    case 'disconnecting':
    case 'failed':
      throw notInState(record.value, 'cannot be connected: disconnect it first')
  }
}

/** Begins to disconnect a store: from now on its keys are not to be used. @throws {ServiceError} CustomKeyStoreInvalidStateException */
export function disconnectStore(record: StoredRecord<CustomStoreValue>): readonly Write[] {
  const { kind } = record.value.connection
  if (kind === 'disconnected' || kind === 'disconnecting') throw notInState(record.value, 'cannot be disconnected')
  return withConnection(record, { kind: 'disconnecting' })
}

/** The write of a store's new connection. */
export function withConnection(record: StoredRecord<CustomStoreValue>, connection: StoreConnection): readonly Write[] {
  return [put(customStoreCollection, record.id, { ...record.value, connection }, record.version)]
}

/** `ConnectionState` as the API has it. */
export function connectionStateOf({ connection }: CustomStoreValue): string {
  return connection.kind.toUpperCase()
}

/** A store is in a state in which it can't be had. */
export function notInState(store: CustomStoreValue, why: string): ServiceError {
  return new ServiceError(
    'CustomKeyStoreInvalidStateException',
    `Custom key store ${store.storeId} is ${connectionStateOf(store)}: it ${why}.`,
  )
}

/** Wraps a store's password or secret access key, so that it is this store's and nobody else's. */
export function wrapStoreSecret(
  text: string,
  owner: Pick<CustomStoreValue, 'account' | 'region' | 'storeId'>,
  keyRing: KeyRing,
): string {
  const secret = new SecretBytes(Buffer.from(text, 'utf8'))
  const wrapped = keyRing.wrap(secret, secretPlace(owner))
  secret.wipe()
  return wrapped
}

/** Opens what `wrapStoreSecret` wrapped; the caller wipes it. @throws {UnwrapError} */
export function unwrapStoreSecret(store: CustomStoreValue, keyRing: KeyRing): SecretBytes {
  const { backing } = store
  const wrapped = backing.kind === 'AWS_CLOUDHSM' ? backing.wrappedPassword : backing.wrappedSecret
  return keyRing.unwrap(wrapped, secretPlace(store))
}

const secretPlace = ({ account, region, storeId }: Pick<CustomStoreValue, 'account' | 'region' | 'storeId'>) => [
  'custom key store secret',
  account,
  region,
  storeId,
]

/** @throws {ServiceError} IncorrectTrustAnchorException for what is no certificate. */
export function checkTrustAnchor(pem: string): void {
  if (isCertificate(pem)) return
  throw new ServiceError('IncorrectTrustAnchorException', 'The trust anchor certificate is not a certificate in PEM.')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function requireUnique(store: CustomStoreValue, around: StoresAround): void {
  const isOther = (other: CustomStoreValue): boolean => other.storeId !== store.storeId
  if (around.own.some(other => isOther(other) && other.name === store.name))
    throw new ServiceError(
      'CustomKeyStoreNameInUseException',
      `Custom key store name ${store.name} is already used by another custom key store.`,
    )
  const { backing } = store
  if (backing.kind === 'EXTERNAL_KEY_STORE') {
    requireOwnProxy(
      backing,
      around.external.filter(isOther).map(other => other.backing),
    )
  } else if (around.ofCluster.some(isOther)) {
    throw new ServiceError(
      'CloudHsmClusterInUseException',
      `Cluster ${backing.clusterId} is already associated with a custom key store.`,
    )
  }
}

function requireOwnProxy(wanted: ExternalBacking, others: readonly StoreBacking[]): void {
  for (const other of others) {
    if (other.kind !== 'EXTERNAL_KEY_STORE') continue
    const isSameEndpoint = other.uriEndpoint.toLowerCase() === wanted.uriEndpoint.toLowerCase()
    if (isSameEndpoint && other.uriPath === wanted.uriPath)
      throw new ServiceError(
        'XksProxyUriInUseException',
        `The proxy URI ${wanted.uriEndpoint}${wanted.uriPath} is already used by another external key store in this Region.`,
      )
    const isShared = wanted.connectivity === 'PUBLIC_ENDPOINT' && other.connectivity === 'PUBLIC_ENDPOINT'
    if (isSameEndpoint && !isShared)
      throw new ServiceError(
        'XksProxyUriEndpointInUseException',
        `The proxy URI endpoint ${wanted.uriEndpoint} is already used by another external key store in this Region, by a VPC endpoint service: such an endpoint cannot be shared.`,
      )
    const service = wanted.vpcEndpointServiceName
    if (service !== undefined && other.vpcEndpointServiceName === service)
      throw new ServiceError(
        'XksProxyVpcEndpointServiceInUseException',
        `The VPC endpoint service ${service} is already used by another external key store in this Region.`,
      )
  }
}

function guard({ guard: read }: StoresAround): Write {
  const changes = (read?.value.changes ?? 0) + 1
  return put(customStoreGuardCollection, customStoreGuardId, { changes }, read?.version ?? 'absent')
}
