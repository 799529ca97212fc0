import type { Clock, SecretBytes } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { ConflictError, recordCache } from '../../storage/index.ts'
import type { Page, RecordCache, Store, StoredRecord } from '../../storage/index.ts'
import { ExternalKeyStore, ProxyFailure } from '../external-key-store/index.ts'
import type { ProxyTransport } from '../external-key-store/index.ts'
import { keyCollection, scopeOf } from '../key-records.ts'
import type { KeyValue } from '../key-records.ts'
import {
  customStoreCollection,
  customStoreGuardCollection,
  customStoreGuardId,
  customStoreRecordId,
  externalKeyUseCollection,
  externalKeyUseId,
} from './custom-store-records.ts'
import type { CustomStoreValue, HsmStore, ProxyStore, StoreConnection } from './custom-store-records.ts'
import { HsmFailure } from './hsm-tokens.ts'
import type { HsmTokens } from './hsm-tokens.ts'
import { unwrapStoreSecret, withConnection } from './store-changes.ts'
import type { StoresAround } from './store-changes.ts'

/** What custom key stores need. */
export interface CustomStoresOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly proxies: ProxyTransport
  readonly tokens: HsmTokens
  /** Tells the operator. */
  readonly report: (message: string, details?: object) => void
}

/** The custom key stores of an installation: found, connected and used. */
export class CustomStores implements AsyncDisposable {
  readonly proxies: ProxyTransport
  readonly tokens: HsmTokens
  readonly #options: CustomStoresOptions
  readonly #records: RecordCache<StoredRecord<CustomStoreValue>>
  readonly #underWay = new Set<Promise<void>>()
  readonly #logins = new Map<string, Promise<void>>()
  #endWatch: (() => void) | undefined

  constructor(options: CustomStoresOptions) {
    const { store, proxies, tokens } = options
    this.#options = options
    this.proxies = proxies
    this.tokens = tokens
    this.#records = recordCache(store, customStoreCollection, record => record, { capacity: 1_000 })
  }

  /** Begins to connect and disconnect stores as their records say, and goes on with what the process before was at. */
  async start(): Promise<void> {
    const { store } = this.#options
    // Not awaited: connecting may take long, and the operation that asked for it does not wait.
    this.#endWatch = store.onChange(changes => {
      for (const { collection, id } of changes) if (collection === customStoreCollection.name) this.#settle(id)
    })
    for (const kind of ['connecting', 'disconnecting']) {
      for (const { id } of await store.find(customStoreCollection, 'connection', kind)) this.#settle(id)
    }
  }

  find(region: string, storeId: string): Promise<StoredRecord<CustomStoreValue> | undefined> {
    return this.#records.get(customStoreRecordId(region, storeId))
  }

  /** Stores of an account and Region in the order of their record ids. */
  list(account: string, region: string, page: Page = {}): Promise<readonly StoredRecord<CustomStoreValue>[]> {
    return this.#options.store.find(customStoreCollection, 'scope', scopeOf(account, region), page)
  }

  /** What a change of stores is checked against. */
  async around(account: string, region: string, clusterId: string | undefined): Promise<StoresAround> {
    const { store } = this.#options
    const values = async (index: string, key: string): Promise<readonly CustomStoreValue[]> =>
      (await store.find(customStoreCollection, index, key)).map(({ value }) => value)
    // First: whoever changes what is read after it, changes it too.
    const guard = await store.get(customStoreGuardCollection, customStoreGuardId)
    const own = await values('scope', scopeOf(account, region))
    const external = await values('externalIn', region)
    const ofCluster = clusterId === undefined ? [] : await values('cluster', clusterId)
    return { guard, own, external, ofCluster }
  }

  /** How many keys a store has, in whatever state. */
  countKeys({ region, storeId }: CustomStoreValue): Promise<number> {
    return this.#options.store.count(keyCollection, 'customStore', customStoreRecordId(region, storeId))
  }

  /** Whether a key of the store is associated with that external key. */
  async isExternalKeyInUse({ region, storeId }: CustomStoreValue, xksKeyId: string): Promise<boolean> {
    const use = externalKeyUseId(region, storeId, xksKeyId)
    return (await this.#options.store.get(externalKeyUseCollection, use)) !== undefined
  }

  /** Works with an external key store. The secret is there for that long only. @throws {ProxyFailure} */
  async withProxy<T>(store: ProxyStore, work: (proxy: ExternalKeyStore) => Promise<T>): Promise<T> {
    const { uriEndpoint, uriPath, accessKeyId } = store.backing
    const secretAccessKey = unwrapStoreSecret(store, this.#options.keyRing)
    try {
      const access = { region: store.region, uriEndpoint, uriPath, accessKeyId, secretAccessKey }
      return await work(new ExternalKeyStore(access, this.#options))
    } finally {
      secretAccessKey.wipe()
    }
  }

  /**
   * Works with a store's token, and logs in before where that is due: after a start, or when the token was away. A login that is refused
   * is not tried again: the store's connection has failed then. @throws {HsmFailure}
   */
  async withToken<T>(store: HsmStore, work: (tokens: HsmTokens, clusterId: string) => Promise<T>): Promise<T> {
    const { clusterId } = store.backing
    try {
      return await work(this.tokens, clusterId)
    } catch (error) {
      if (!(error instanceof HsmFailure && error.kind === 'not-logged-in')) throw error
    }
    await this.#logIn(store)
    return work(this.tokens, clusterId)
  }

  /** Destroys the material of a key that was deleted, as far as that can be done now: what stays in a token is the operator's to remove. */
  async destroyMaterial(key: KeyValue): Promise<void> {
    const { origin, region, customKeyStoreId: storeId, materialId } = key
    if (origin !== 'AWS_CLOUDHSM' || storeId === undefined || materialId === undefined) return
    const store = (await this.find(region, storeId))?.value
    try {
      if (store === undefined || !isHsmStore(store) || store.connection.kind !== 'connected')
        throw new HsmFailure('not-logged-in', `Custom key store ${storeId} is not connected`)
      await this.withToken(store, (tokens, clusterId) => tokens.destroyKey(clusterId, materialId))
    } catch (error) {
      const details = { keyArn: key.arn, objectId: materialId, err: error }
      this.#options.report('the material of a deleted key stays in its token: remove it there', details)
    }
  }

  /** Logs in, once for all who need it now: many requests at once must not be many tries of a wrong password. */
  #logIn(store: HsmStore): Promise<void> {
    const id = customStoreRecordId(store.region, store.storeId)
    let login = this.#logins.get(id)
    if (login === undefined) {
      login = this.#logInNow(id).finally(() => this.#logins.delete(id))
      this.#logins.set(id, login)
    }
    return login
  }

  async #logInNow(id: string): Promise<void> {
    const record = await this.#records.get(id)
    // As it is now: a request that is under way must not undo that its store was disconnected.
    if (record === undefined || !isHsmStore(record.value) || record.value.connection.kind !== 'connected')
      throw new HsmFailure('not-logged-in', `Custom key store ${id} is not connected`)
    const store = record.value
    try {
      await this.#withPassword(store, password => this.tokens.connect(store.backing.clusterId, password))
    } catch (error) {
      if (error instanceof HsmFailure && error.concernsCredentials) await this.#become(record, failedBy(error))
      throw error
    }
    if ((await this.#records.get(id))?.value.connection.kind === 'disconnected') await this.#disconnect(store)
  }

  async #withPassword(store: HsmStore, work: (password: SecretBytes) => Promise<void>): Promise<void> {
    const password = unwrapStoreSecret(store, this.#options.keyRing)
    try {
      await work(password)
    } finally {
      password.wipe()
    }
  }

  /** Finishes what a store's record says is under way. */
  #settle(id: string): void {
    const work = this.#settleNow(id).catch((error: unknown) =>
      this.#options.report('cannot change the connection of a custom key store', { err: error }),
    )
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  async #settleNow(id: string): Promise<void> {
    const record = await this.#records.get(id)
    if (record === undefined) return
    const { connection } = record.value
    if (connection.kind === 'connecting') await this.#become(record, await this.#connect(record.value))
    if (connection.kind === 'disconnecting') {
      await this.#disconnect(record.value)
      await this.#become(record, { kind: 'disconnected' })
    }
  }

  async #connect(store: CustomStoreValue): Promise<StoreConnection> {
    try {
      if (isProxyStore(store) && isUnknownService(store, this.proxies))
        return { kind: 'failed', errorCode: 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND' }
      if (isProxyStore(store))
        await this.withProxy(store, proxy => proxy.checkHealth('ConnectCustomKeyStore', store.storeId))
      if (isHsmStore(store))
        await this.#withPassword(store, password => this.tokens.connect(store.backing.clusterId, password))
      return { kind: 'connected' }
    } catch (error) {
      this.#options.report('a custom key store cannot be connected', { storeId: store.storeId, err: error })
      return failedBy(error)
    }
  }

  async #disconnect(store: CustomStoreValue): Promise<void> {
    if (!isHsmStore(store)) return
    await this.tokens.disconnect(store.backing.clusterId).catch((error: unknown) => {
      // Its keys are out of use all the same: that is what the record says.
      this.#options.report('cannot log out of a token', { storeId: store.storeId, err: error })
    })
  }

  async #become(record: StoredRecord<CustomStoreValue>, connection: StoreConnection): Promise<void> {
    try {
      await this.#options.store.commit({ writes: withConnection(record, connection) })
    } catch (error) {
      // Somebody wants something else of it meanwhile, and that is settled in its turn.
      if (!(error instanceof ConflictError)) throw error
    }
  }

  /** Waits for connections that are under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWatch?.()
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}

function isUnknownService({ backing }: ProxyStore, proxies: ProxyTransport): boolean {
  return backing.connectivity === 'VPC_ENDPOINT_SERVICE' && !proxies.permits(backing.uriEndpoint)
}

function failedBy(error: unknown): StoreConnection {
  const isKnown = error instanceof ProxyFailure || error instanceof HsmFailure
  return { kind: 'failed', errorCode: isKnown ? error.connectionErrorCode : 'INTERNAL_ERROR' }
}

/** Whether a store's keys are in HSMs. */
export function isHsmStore(store: CustomStoreValue): store is HsmStore {
  return store.backing.kind === 'AWS_CLOUDHSM'
}

/** Whether a store's keys are behind a proxy. */
export function isProxyStore(store: CustomStoreValue): store is ProxyStore {
  return store.backing.kind === 'EXTERNAL_KEY_STORE'
}
