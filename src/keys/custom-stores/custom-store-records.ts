import type { Instant } from '../../base/index.ts'
import type { Collection } from '../../storage/index.ts'
import { scopeOf } from '../key-records.ts'

/** Whether a store's keys can be used, and what is on the way to that. */
export type StoreConnection =
  | { readonly kind: 'connected' | 'connecting' | 'disconnected' | 'disconnecting' }
  | { readonly kind: 'failed'; readonly errorCode: string }

/** Where a store keeps its keys. */
export type StoreBacking = HsmBacking | ExternalBacking

/** A cluster of HSMs: here, a token that the operator has named after it. */
export interface HsmBacking {
  readonly kind: 'AWS_CLOUDHSM'
  readonly clusterId: string
  /** PEM. */
  readonly trustAnchorCertificate: string
  /** The password of its user, wrapped. */
  readonly wrappedPassword: string
}

/** An external key store proxy. */
export interface ExternalBacking {
  readonly kind: 'EXTERNAL_KEY_STORE'
  readonly connectivity: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE'
  /** `https://` and a name. */
  readonly uriEndpoint: string
  readonly uriPath: string
  readonly accessKeyId: string
  /** The secret access key, wrapped. */
  readonly wrappedSecret: string
  readonly vpcEndpointServiceName?: string
  readonly vpcEndpointServiceOwner?: string
}

/** A custom key store. */
export interface CustomStoreValue {
  readonly storeId: string
  readonly account: string
  readonly region: string
  readonly name: string
  readonly createdAt: Instant
  readonly backing: StoreBacking
  readonly connection: StoreConnection
}

/** A store whose keys are in HSMs. */
export type HsmStore = CustomStoreValue & { readonly backing: HsmBacking }
/** A store whose keys are behind a proxy. */
export type ProxyStore = CustomStoreValue & { readonly backing: ExternalBacking }

/** Record id of a store. */
export function customStoreRecordId(region: string, storeId: string): string {
  return `${region}/${storeId}`
}

/** Custom key stores, by `customStoreRecordId`. Indexes: account and Region, cluster, Region (of external ones), and what is on its way. */
export const customStoreCollection: Collection<CustomStoreValue> = {
  name: 'keys.custom-store',
  indexes: {
    scope: store => [scopeOf(store.account, store.region)],
    cluster: ({ backing }) => (backing.kind === 'AWS_CLOUDHSM' ? [backing.clusterId] : []),
    externalIn: ({ backing, region }) => (backing.kind === 'EXTERNAL_KEY_STORE' ? [region] : []),
    connection: ({ connection }) => [connection.kind],
  },
}

/**
 * One record that every change of what is unique among stores (names, addresses, clusters) writes too: of two that were checked at once,
 * one meets a conflict and is checked again.
 */
export const customStoreGuardCollection: Collection<{ readonly changes: number }> = {
  name: 'keys.custom-store-guard',
  indexes: {},
}

/** Record id of the guard. */
export const customStoreGuardId = 'all'

/** Which key of a store is associated with an external key: no two may be with the same. By `externalKeyUseId`. */
export const externalKeyUseCollection: Collection<{ readonly keyId: string }> = {
  name: 'keys.external-key-use',
  indexes: {},
}

/** Record id of an external key's use. */
export function externalKeyUseId(region: string, storeId: string, xksKeyId: string): string {
  return `${customStoreRecordId(region, storeId)}/${xksKeyId}`
}
