// The rules of custom key stores without a network or HSMs: what is unique, what state allows what, what a crash leaves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMillis } from '../../src/base/index.ts'
import type { SecretBytes } from '../../src/base/index.ts'
import {
  CustomStores,
  HsmFailure,
  connectStore,
  createHsmKey,
  createProxyKey,
  createStore,
  customStoreCollection,
  defaultKeyPolicy,
  deleteStore,
  disconnectStore,
  isHsmStore,
  isProxyStore,
  newHsmMaterialId,
  newKeyName,
  newStoreId,
  openKeys,
  scheduleKeyDeletion,
  updateStore,
  withConnection,
  wrapStoreSecret,
} from '../../src/keys/index.ts'
import type {
  CustomStoreValue,
  ExternalBacking,
  HsmFailureKind,
  HsmTokens,
  KeyEntry,
  StoreBacking,
  StoreConnection,
} from '../../src/keys/index.ts'
import { ConflictError, openMemoryStore, put } from '../../src/storage/index.ts'
import type { StoredRecord } from '../../src/storage/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'

/** Tokens in memory, whose logins and failures a test decides. */
class FakeTokens implements HsmTokens {
  readonly keys = new Set<string>()
  readonly logins: string[] = []
  loggedIn = false
  failLogin: HsmFailureKind | undefined
  /** Holds logins up until it is resolved. */
  held: Promise<void> | undefined

  async state(): Promise<'active'> {
    return 'active'
  }
  async connect(_clusterId: string, password: SecretBytes): Promise<void> {
    this.logins.push(password.exposeBytes().toString())
    await this.held
    if (this.failLogin !== undefined) throw new HsmFailure(this.failLogin, 'refused')
    this.loggedIn = true
  }
  async disconnect(): Promise<void> {
    this.loggedIn = false
  }
  async generateKey(_clusterId: string, { id }: { readonly id: string }): Promise<void> {
    this.#require()
    this.keys.add(id)
  }
  async destroyKey(_clusterId: string, id: string): Promise<void> {
    this.#require()
    this.keys.delete(id)
  }
  async macBlocks(_clusterId: string, _id: string, blocks: readonly Buffer[]): Promise<Buffer> {
    this.#require()
    return Buffer.alloc(blocks.length * 32, 1)
  }
  async random(_clusterId: string, length: number): Promise<Buffer> {
    this.#require()
    return Buffer.alloc(length, 4)
  }
  #require(): void {
    if (!this.loggedIn) throw new HsmFailure('not-logged-in', 'nobody is logged in')
  }
}

/** The rooms that stores live in. */
class StoreRoom extends KeyRoom {
  readonly tokens = new FakeTokens()
  readonly reports: string[] = []
  stores = this.#open()

  #open(): CustomStores {
    const { store, keyRing, tokens } = this
    const proxies = { permits: () => true, send: () => assert.fail('no proxy is called here') }
    const report = (message: string): void => void this.reports.push(message)
    const stores = new CustomStores({ store, keyRing, clock: { now: () => this.now }, proxies, tokens, report })
    this.keys = openKeys({ store, keyRing, customStores: stores })
    return stores
  }

  static async open(): Promise<StoreRoom> {
    const room = new StoreRoom(await openMemoryStore())
    await room.stores.start()
    return room
  }

  /** As after a restart: nobody is logged in. */
  async restart(): Promise<void> {
    await this.stores[Symbol.asyncDispose]()
    this.tokens.loggedIn = false
    this.stores = this.#open()
    await this.stores.start()
  }

  hsmBacking(clusterId = 'cluster-aaaaaaaaaaa', storeId = 'cks-0'): StoreBacking {
    const wrappedPassword = wrapStoreSecret('the-password', { account, region, storeId }, this.keyRing)
    return { kind: 'AWS_CLOUDHSM', clusterId, trustAnchorCertificate: '', wrappedPassword }
  }

  async makeStore(
    name: string,
    backing: (storeId: string) => StoreBacking = storeId => this.hsmBacking(undefined, storeId),
    connection: StoreConnection = { kind: 'disconnected' },
    owner = account,
  ): Promise<StoredRecord<CustomStoreValue>> {
    const storeId = newStoreId(this.random)
    const wanted = { storeId, account: owner, region, name, backing: backing(storeId) }
    const clusterId = wanted.backing.kind === 'AWS_CLOUDHSM' ? wanted.backing.clusterId : undefined
    const around = await this.stores.around(owner, region, clusterId)
    await this.store.commit({ writes: createStore(wanted, around, this.now) })
    if (connection.kind !== 'disconnected')
      await this.store.commit({ writes: withConnection(await this.record(storeId), connection) })
    return this.record(storeId)
  }

  async record(storeId: string): Promise<StoredRecord<CustomStoreValue>> {
    return (await this.stores.find(region, storeId))!
  }

  /** The state of a store when nothing is under way. */
  async settledState(storeId: string): Promise<StoreConnection> {
    for (;;) {
      const { connection } = (await this.record(storeId)).value
      if (!connection.kind.endsWith('ing')) return connection
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  async makeHsmKey(record: StoredRecord<CustomStoreValue>): Promise<KeyEntry> {
    const name = newKeyName(account, region, this.random)
    const materialId = newHsmMaterialId(this.random)
    this.tokens.keys.add(materialId)
    const store = { ...record, value: isHsmStore(record.value) ? record.value : assert.fail() }
    await this.store.commit(createHsmKey(wantedKey, name, { store, materialId }, this.now).commit)
    return (await this.find(name.keyId))!
  }

  async makeProxyKey(record: StoredRecord<CustomStoreValue>, xksKeyId: string): Promise<KeyEntry> {
    const name = newKeyName(account, region, this.random)
    const store = { ...record, value: isProxyStore(record.value) ? record.value : assert.fail() }
    await this.store.commit((await createProxyKey(wantedKey, name, { store, xksKeyId }, this)).commit)
    return (await this.find(name.keyId))!
  }
}

const wantedKey = {
  account,
  region,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  policy: defaultKeyPolicy(account),
  tags: [],
} as const

const external =
  (changes: Partial<ExternalBacking> = {}) =>
  (): ExternalBacking => ({
    kind: 'EXTERNAL_KEY_STORE',
    connectivity: 'PUBLIC_ENDPOINT',
    uriEndpoint: 'https://xks.example.com',
    uriPath: '/kms/xks/v1',
    accessKeyId: 'A'.repeat(20),
    wrappedSecret: '',
    ...changes,
  })

const service = (uriEndpoint: string, vpcEndpointServiceName: string) =>
  external({ connectivity: 'VPC_ENDPOINT_SERVICE', uriEndpoint, vpcEndpointServiceName })

const refusedAs = (code: string, work: Promise<unknown>): Promise<void> =>
  assert.rejects(work, (error: { readonly code?: string }) => {
    assert.equal(error.code, code)
    return true
  })

test('an account has at most ten stores in a Region, each with a name of its own', async () => {
  const room = await StoreRoom.open()
  for (let at = 0; at < 10; at++) await room.makeStore(`store-${at}`, external({ uriPath: `/${at}/kms/xks/v1` }))

  await refusedAs('LimitExceededException', room.makeStore('eleventh', external({ uriPath: '/x/kms/xks/v1' })))
  await refusedAs('CustomKeyStoreNameInUseException', room.makeStore('store-3', external({ uriPath: '/x/kms/xks/v1' })))
  // The name is the other account's to choose again.
  await room.makeStore('store-3', external({ uriPath: '/x/kms/xks/v1' }), undefined, '444455556666')
})

test('what a proxy is reached by is one store’s in a Region, whoever has it', async () => {
  const room = await StoreRoom.open()
  await room.makeStore('public', external())
  await room.makeStore('private', service('https://private.example.com', 'svc-1'))
  const make = (backing: () => ExternalBacking, owner = account) => room.makeStore('another', backing, undefined, owner)

  await refusedAs('XksProxyUriInUseException', make(external()))
  await refusedAs('XksProxyUriInUseException', make(external({ uriEndpoint: 'https://XKS.example.com' })))
  await refusedAs('XksProxyUriInUseException', make(external(), '444455556666'))
  await refusedAs(
    'XksProxyUriEndpointInUseException',
    make(service('https://xks.example.com', 'svc-2')).catch(otherPath),
  )
  await refusedAs(
    'XksProxyUriEndpointInUseException',
    make(external({ uriEndpoint: 'https://private.example.com', uriPath: '/b/kms/xks/v1' })),
  )
  await refusedAs('XksProxyVpcEndpointServiceInUseException', make(service('https://new.example.com', 'svc-1')))
  await make(external({ uriPath: '/b/kms/xks/v1' }))

  // The same address is refused for being the same, before anything else.
  function otherPath(error: { readonly code: string }): Promise<unknown> {
    assert.equal(error.code, 'XksProxyUriInUseException')
    return make(() => ({ ...service('https://xks.example.com', 'svc-2')(), uriPath: '/b/kms/xks/v1' }))
  }
})

test('a cluster is one store’s, whoever has it', async () => {
  const room = await StoreRoom.open()
  await room.makeStore('first')

  await refusedAs('CloudHsmClusterInUseException', room.makeStore('second'))
  await refusedAs('CloudHsmClusterInUseException', room.makeStore('second', undefined, undefined, '444455556666'))
})

test('of two stores that were checked at once and want one name, one meets a conflict', async () => {
  const room = await StoreRoom.open()
  const around = await room.stores.around(account, region, undefined)
  const writesOf = (path: string) =>
    createStore(
      { storeId: newStoreId(room.random), account, region, name: 'same', backing: external({ uriPath: path })() },
      around,
      room.now,
    )

  await room.store.commit({ writes: writesOf('/a/kms/xks/v1') })

  await assert.rejects(room.store.commit({ writes: writesOf('/b/kms/xks/v1') }), ConflictError)
})

const operations = {
  Connect: (record: StoredRecord<CustomStoreValue>) => connectStore(record),
  Disconnect: (record: StoredRecord<CustomStoreValue>) => disconnectStore(record),
  Delete: (record: StoredRecord<CustomStoreValue>, around: Parameters<typeof deleteStore>[2]) =>
    deleteStore(record, 0, around),
}

for (const [name, allowed] of [
  ['Connect', ['connected', 'connecting', 'disconnected']],
  ['Disconnect', ['connected', 'connecting', 'failed']],
  ['Delete', ['disconnected']],
] as const) {
  test(`${name} is for stores that are ${allowed.join(', ')}, and for no others`, async () => {
    const room = await StoreRoom.open()
    const record = await room.makeStore('store')
    const around = await room.stores.around(account, region, undefined)

    for (const kind of ['connected', 'connecting', 'disconnected', 'disconnecting', 'failed'] as const) {
      const connection = kind === 'failed' ? { kind, errorCode: 'INTERNAL_ERROR' } : { kind }
      const run = (): unknown => operations[name]({ ...record, value: { ...record.value, connection } }, around)
      if ((allowed as readonly string[]).includes(kind)) run()
      else assert.throws(run, { code: 'CustomKeyStoreInvalidStateException' }, kind)
    }
  })
}

test('connecting goes on by itself, and after a restart too', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store')
  let release = (): void => {}
  room.tokens.held = new Promise(resolve => (release = resolve))

  await room.store.commit({ writes: connectStore(record) })
  // The operation has its answer while the login is still under way.
  assert.equal((await room.record(record.value.storeId)).value.connection.kind, 'connecting')
  release()
  assert.deepEqual(await room.settledState(record.value.storeId), { kind: 'connected' })
  assert.deepEqual(room.tokens.logins, ['the-password'])

  // As a process leaves it that ends before the login is made.
  await room.stores[Symbol.asyncDispose]()
  const left = await room.record(record.value.storeId)
  await room.store.commit({
    writes: [put(customStoreCollection, left.id, { ...left.value, connection: { kind: 'connecting' } }, left.version)],
  })
  await room.restart()
  assert.deepEqual(await room.settledState(record.value.storeId), { kind: 'connected' })
})

test('a store that is disconnected while it connects ends up disconnected', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store')
  let release = (): void => {}
  room.tokens.held = new Promise(resolve => (release = resolve))
  await room.store.commit({ writes: connectStore(record) })
  await new Promise(resolve => setImmediate(resolve))

  await room.store.commit({ writes: disconnectStore(await room.record(record.value.storeId)) })
  release()

  assert.deepEqual(await room.settledState(record.value.storeId), { kind: 'disconnected' })
})

for (const [failure, errorCode] of [
  ['invalid-credentials', 'INVALID_CREDENTIALS'],
  ['locked-out', 'USER_LOCKED_OUT'],
  ['user-not-found', 'USER_NOT_FOUND'],
  ['cluster-not-found', 'CLUSTER_NOT_FOUND'],
  ['timeout', 'NETWORK_ERRORS'],
  ['token-failed', 'INTERNAL_ERROR'],
] as const) {
  test(`a connection that fails for ${failure} says ${errorCode}`, async () => {
    const room = await StoreRoom.open()
    const record = await room.makeStore('store')
    room.tokens.failLogin = failure

    await room.store.commit({ writes: connectStore(record) })

    assert.deepEqual(await room.settledState(record.value.storeId), { kind: 'failed', errorCode })
  })
}

test('a password that a token refuses is tried once, not with every request: tokens lock users out', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const store = isHsmStore(record.value) ? record.value : assert.fail()
  room.tokens.failLogin = 'invalid-credentials'

  await assert.rejects(
    room.stores.withToken(store, tokens => tokens.random('', 1)),
    HsmFailure,
  )

  const failed = { kind: 'failed', errorCode: 'INVALID_CREDENTIALS' }
  assert.deepEqual((await room.record(record.value.storeId)).value.connection, failed)
  assert.equal(room.tokens.logins.length, 1)
})

test('many requests at once that need a login are one try of the password', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const store = isHsmStore(record.value) ? record.value : assert.fail()
  const useAtOnce = (): Promise<PromiseSettledResult<Buffer>[]> =>
    Promise.allSettled(Array.from({ length: 20 }, () => room.stores.withToken(store, tokens => tokens.random('', 1))))

  assert.ok((await useAtOnce()).every(({ status }) => status === 'fulfilled'))
  assert.equal(room.tokens.logins.length, 1)
  room.tokens.loggedIn = false
  room.tokens.failLogin = 'invalid-credentials'
  assert.ok((await useAtOnce()).every(({ status }) => status === 'rejected'))
  assert.ok((await useAtOnce()).every(({ status }) => status === 'rejected'))

  assert.equal(room.tokens.logins.length, 2)
})

test('a request that began before its store was disconnected does not log in again', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const store = isHsmStore(record.value) ? record.value : assert.fail()
  await room.store.commit({ writes: disconnectStore(record) })
  await room.settledState(record.value.storeId)

  await assert.rejects(
    room.stores.withToken(store, tokens => tokens.random('', 1)),
    HsmFailure,
  )

  assert.deepEqual(room.tokens.logins, [])
})

test('a token that is away for a while does not end the connection of its store', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const store = isHsmStore(record.value) ? record.value : assert.fail()
  room.tokens.failLogin = 'token-failed'
  const use = (): Promise<Buffer> => room.stores.withToken(store, tokens => tokens.random('', 1))

  await assert.rejects(use(), HsmFailure)

  assert.equal((await room.record(record.value.storeId)).value.connection.kind, 'connected')
  room.tokens.failLogin = undefined
  assert.equal((await use()).length, 1)
})

test('a secret of one store is none of another', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store')
  // Another store's wrapped password, put into the record.
  const stolen = room.hsmBacking(undefined, 'cks-1')
  const forged = { ...record.value, backing: stolen, connection: { kind: 'connected' } } as const
  await room.store.commit({ writes: [put(customStoreCollection, record.id, forged, record.version)] })
  const store = isHsmStore(forged) ? forged : assert.fail()

  await assert.rejects(
    room.stores.withToken(store, tokens => tokens.random('', 1)),
    { name: 'UnwrapError' },
  )
  assert.deepEqual(room.tokens.logins, [])
})

test('no key is made in a store that was disconnected meanwhile, and none is left in one that is deleted', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const made = await room.makeHsmKey(record)
  assert.equal(made.key.state.kind, 'enabled')

  await room.store.commit({ writes: disconnectStore(record) })
  await room.settledState(record.value.storeId)

  await assert.rejects(room.makeHsmKey(record), ConflictError)
  const around = await room.stores.around(account, region, undefined)
  const now = await room.record(record.value.storeId)
  assert.equal(await room.stores.countKeys(now.value), 1)
  assert.throws(() => deleteStore(now, 1, around), { code: 'CustomKeyStoreHasCMKsException' })
})

test('a key that is deleted takes its material in the token with it', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  room.tokens.loggedIn = true
  const [dying, staying] = [await room.makeHsmKey(record), await room.makeHsmKey(record)]
  await room.change(dying, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  room.now += 8 * dayMillis

  assert.equal(await room.doDueWork(), 1)

  assert.deepEqual([...room.tokens.keys], [staying.key.materialId])
  assert.equal(await room.stores.countKeys(record.value), 1)
})

test('a key is deleted also while its token is away, and the operator is told what stays there', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', undefined, { kind: 'connected' })
  const dying = await room.makeHsmKey(record)
  await room.change(dying, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  await room.store.commit({ writes: disconnectStore(record) })
  await room.settledState(record.value.storeId)
  room.now += 8 * dayMillis

  assert.equal(await room.doDueWork(), 1)

  assert.equal(await room.find(dying.key.keyId), undefined)
  assert.match(room.reports.join(), /stays in its token/)
})

test('an external key is free again when its KMS key is deleted, and not before', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('store', external(), { kind: 'connected' })
  const dying = await room.makeProxyKey(record, 'external')
  await room.change(dying, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  await assert.rejects(room.makeProxyKey(record, 'external'), ConflictError)
  room.now += 8 * dayMillis

  assert.equal(await room.doDueWork(), 1)

  await room.makeProxyKey(record, 'external')
})

test('updating a store asks again what is unique, and not of the store itself', async () => {
  const room = await StoreRoom.open()
  const record = await room.makeStore('first', external())
  await room.makeStore('second', external({ uriPath: '/b/kms/xks/v1' }))
  const around = await room.stores.around(account, region, undefined)
  const { backing } = record.value

  updateStore(record, { name: 'first', backing }, around)
  assert.throws(() => updateStore(record, { name: 'second', backing }, around), {
    code: 'CustomKeyStoreNameInUseException',
  })
  const taken = external({ uriPath: '/b/kms/xks/v1' })()
  assert.throws(() => updateStore(record, { name: 'first', backing: taken }, around), {
    code: 'XksProxyUriInUseException',
  })
})
