// Grants in a store: what is found of them, while they come and go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError, accountRootArn, dayMillis } from '../../src/base/index.ts'
import { createGrant, maxGrantsPerKey, removeGrant, scheduleKeyDeletion, wantedGrant } from '../../src/keys/index.ts'
import type { GrantValue, KeyEntry } from '../../src/keys/index.ts'
import type { GrantFacts } from '../../src/policy/index.ts'
import { ConflictError, openMemoryStore } from '../../src/storage/index.ts'
import type { Collection, Page, Store, StoredRecord } from '../../src/storage/index.ts'
import { KeyRoom, account } from './key-room.ts'

const alice = { id: 'AIDAEXAMPLEEXAMPLE22', arn: `arn:aws:iam::${account}:user/alice` }
const bob = { id: 'AIDAEXAMPLEEXAMPLE33', arn: `arn:aws:iam::${account}:user/bob` }
const use = { kind: 'encryption-context', pairs: {} } as const

const newRoom = async (): Promise<KeyRoom> => new KeyRoom(await openMemoryStore())

const found = (room: KeyRoom, entry: KeyEntry, ...ids: readonly string[]): Promise<readonly GrantFacts[]> =>
  room.keys.grants.candidates(entry, ids, { use, isForeign: false })
const idsOf = (grants: readonly GrantFacts[]): readonly string[] => grants.map(({ grantId }) => grantId).sort()

const revoke = (room: KeyRoom, grant: GrantValue): Promise<void> => room.store.commit({ writes: removeGrant(grant) })

test('Grants.candidates() gives the grants of a grantee on a key, and no others', async () => {
  const room = await newRoom()
  const [key, other] = [await room.makeKey(), await room.makeKey()]
  const own = await room.makeGrant(key, { grantee: alice })
  await room.makeGrant(key, { grantee: bob })
  await room.makeGrant(other, { grantee: alice })

  assert.deepEqual(idsOf(await found(room, key, alice.id)), [own.grantId])
  assert.deepEqual(await found(room, key, 'AIDAEXAMPLEEXAMPLE44'), [])
})

test('a grant counts once its commit has returned, and no more once it is removed, whatever was asked before', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  assert.deepEqual(await found(room, key, alice.id), [])

  const grant = await room.makeGrant(key, { grantee: alice })
  assert.deepEqual(idsOf(await found(room, key, alice.id)), [grant.grantId])
  await revoke(room, grant)
  assert.deepEqual(await found(room, key, alice.id), [])
  const again = await room.makeGrant(key, { grantee: alice })
  assert.deepEqual(idsOf(await found(room, key, alice.id)), [again.grantId])
})

interface Watched {
  readonly store: Store
  /** The indexes that were searched. */
  readonly searches: string[]
  /** Once, between a read and its answer: `find key`, `find grantee`, `get`. */
  comeIn: { readonly at: string; readonly act: () => Promise<void> } | undefined
  /** How many commits still come through before one fails. */
  commitsLeft: number
}

/** A store that tells of searches, and where a test can come in between a read and its answer. */
async function watchedStore(): Promise<Watched> {
  const inner = await openMemoryStore()
  const watched: Watched = { store: inner, searches: [], comeIn: undefined, commitsLeft: Infinity }
  const slow = <T>(at: string, answer: Promise<T>): Promise<T> => {
    const { comeIn } = watched
    if (comeIn?.at !== at) return answer
    watched.comeIn = undefined
    return Promise.resolve()
      .then(comeIn.act)
      .then(() => answer)
  }
  const store: Store = {
    get: (collection, id) => slow('get', inner.get(collection, id)),
    find: (collection, index, key, page) => {
      watched.searches.push(index)
      return slow(`find ${index}`, inner.find(collection, index, key, page))
    },
    findUpTo: (...words) => inner.findUpTo(...words),
    count: (...words) => inner.count(...words),
    list: (...words) => inner.list(...words),
    commit: change => {
      if (watched.commitsLeft-- === 0) return Promise.reject(new Error('interrupted'))
      return inner.commit(change)
    },
    readOutbox: limit => inner.readOutbox(limit),
    lastOutboxSequence: () => inner.lastOutboxSequence(),
    removeOutbox: sequence => inner.removeOutbox(sequence),
    onChange: listener => inner.onChange(listener),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  return Object.assign(watched, { store })
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('a key without grants is asked for them once', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  for (let count = 0; count < 5; count++) await found(room, key, alice.id, bob.id, account)

  assert.deepEqual(watched.searches, ['key'])
})

test('the grants of a grantee are read once, however often one comes or goes', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  await room.makeGrant(key, { grantee: alice })
  await found(room, key, alice.id)
  watched.searches.length = 0

  for (let count = 0; count < 10; count++) {
    const grant = await room.makeGrant(key, { grantee: alice })
    assert.equal((await found(room, key, alice.id)).length, 2)
    await revoke(room, grant)
    assert.equal((await found(room, key, alice.id)).length, 1)
  }

  assert.deepEqual(watched.searches, [])
})

test('[D41] what is removed while the grants are being read is not found, and what is made then is', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  const old = await room.makeGrant(key, { grantee: alice })
  const changes: Promise<unknown>[] = []
  watched.comeIn = {
    at: 'find grantee',
    act: async () => {
      // Not awaited: who removes waits until the reading is done.
      changes.push(revoke(room, old), room.makeGrant(key, { grantee: alice }))
      await turn()
    },
  }

  const seen = await found(room, key, alice.id)

  const [, made] = await Promise.all(changes)
  assert.deepEqual(idsOf(seen), [(made as GrantValue).grantId])
  assert.deepEqual(idsOf(await found(room, key, alice.id)), [(made as GrantValue).grantId])
})

test('a first grant that is made while a key is asked whether it has any is found', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  let made: GrantValue | undefined
  watched.comeIn = {
    at: 'find key',
    act: async () => {
      made = await room.makeGrant(key, { grantee: alice })
    },
  }

  await found(room, key, alice.id)

  assert.deepEqual(idsOf(await found(room, key, alice.id)), [made!.grantId])
})

test('[D41] a grant that is removed while it is being taken in is not found', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  await room.makeGrant(key, { grantee: bob })
  await found(room, key, alice.id)
  const grant = createGrant(
    wantedGrant(key, { grantee: alice, issuingAccount: account, operations: ['Decrypt'], constraints: {} }),
    key,
    1,
    room,
  )
  let removal: Promise<void> | undefined
  watched.comeIn = {
    at: 'get',
    act: async () => {
      removal = revoke(room, grant.grant)
      await turn()
    },
  }

  await room.store.commit({ writes: grant.writes })

  await removal
  assert.deepEqual(await found(room, key, alice.id), [])
})

test('grants that could not be read are read again by the next who asks', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  const grant = await room.makeGrant(key, { grantee: alice })
  watched.comeIn = { at: 'find grantee', act: () => Promise.reject(new Error('the disk')) }

  await assert.rejects(found(room, key, alice.id), /the disk/)

  assert.deepEqual(idsOf(await found(room, key, alice.id)), [grant.grantId])
})

test('[D41] a removal that could not be taken in is not forgotten: the grants are read anew', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  const grant = await room.makeGrant(key, { grantee: alice })
  await found(room, key, alice.id)
  watched.comeIn = { at: 'get', act: () => Promise.reject(new Error('the disk')) }

  await assert.rejects(revoke(room, grant), AggregateError)

  assert.deepEqual(await found(room, key, alice.id), [])
})

test('grants are there after another start, and their tokens with them', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const constraints = { encryptionContextEquals: JSON.parse('{"__proto__":"1","b":"2"}') as Record<string, string> }
  const grant = await room.makeGrant(key, { grantee: alice, constraints, name: 'one' })
  const token = room.keys.grants.issueToken(grant, room.random)

  room.reopen(room.store)

  const { region, keyId, grantId } = grant
  assert.deepEqual(room.keys.grants.openToken(token), { region, keyId, grantId })
  const [kept] = await found(room, key, alice.id)
  assert.deepEqual(kept, grant)
  assert.ok(Object.hasOwn(kept?.constraints.encryptionContextEquals ?? {}, '__proto__'))
  assert.deepEqual(await room.keys.grants.findNamed(wantedGrant(key, { ...grant, name: 'one' })), grant)
})

test('a named grant is found again until it is removed; what differs in anything is another one', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const grant = await room.makeGrant(key, { grantee: alice, name: 'one' })
  const like = (other: object) => room.keys.grants.findNamed(wantedGrant(key, { ...grant, ...other }))

  assert.deepEqual(await like({}), grant)
  assert.equal(await like({ name: 'two' }), undefined)
  assert.equal(await like({ grantee: bob }), undefined)
  await revoke(room, grant)
  assert.equal(await like({}), undefined)
})

test('of two that make the same named grant at once, the second meets a conflict', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const wanted = { grantee: alice, issuingAccount: account, operations: ['Decrypt'], constraints: {}, name: 'one' }
  const make = () => createGrant(wantedGrant(key, wanted), key, 0, room)
  await room.store.commit({ writes: make().writes })

  await assert.rejects(room.store.commit({ writes: make().writes }), ConflictError)
})

test('createGrant() refuses a grant more than a key may have', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const wanted = wantedGrant(key, { grantee: alice, issuingAccount: account, operations: ['Decrypt'], constraints: {} })

  createGrant(wanted, key, maxGrantsPerKey - 1, room)
  assert.throws(
    () => createGrant(wanted, key, maxGrantsPerKey, room),
    (error: unknown) => error instanceof ServiceError && error.code === 'LimitExceededException',
  )
})

for (const operations of [['Sign'], ['Decrypt', 'GenerateMac'], ['GetPublicKey'], ['ScheduleKeyDeletion']]) {
  test(`wantedGrant() refuses ${operations.join(' and ')} for a symmetric encryption key`, async () => {
    const room = await newRoom()
    const key = await room.makeKey()

    assert.throws(
      () => wantedGrant(key, { grantee: alice, issuingAccount: account, operations, constraints: {} }),
      (error: unknown) => error instanceof ServiceError && error.code === 'ValidationException',
    )
  })
}

test('a grant is not made for a key that is put out of use meanwhile', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const wanted = wantedGrant(key, { grantee: alice, issuingAccount: account, operations: ['Decrypt'], constraints: {} })
  await room.change(key, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))

  const { writes, checks } = createGrant(wanted, key, 0, room)

  await assert.rejects(room.store.commit({ writes, checks }), ConflictError)
})

/** All grants that a store has. */
async function remaining({ keys, store }: KeyRoom, entry: KeyEntry): Promise<number> {
  const named: Collection<never> = { name: 'keys.named-grant', indexes: {} }
  return (await keys.grants.count(entry.key)) + (await store.list(named)).length
}

test('a key that is deleted takes all its grants with it, and no others', async () => {
  const room = await newRoom()
  const [key, other] = [await room.makeKey(), await room.makeKey()]
  for (let count = 0; count < 1_200; count++) await room.makeGrant(key, { grantee: alice, retiring: bob })
  await room.makeGrant(key, { grantee: alice, name: 'one' })
  const kept = await room.makeGrant(other, { grantee: alice, retiring: bob })
  await room.change(key, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  room.now += 7 * dayMillis

  await room.doDueWork()

  assert.equal(await remaining(room, key), 0)
  const retirable = await room.keys.grants.listRetirable(key.key.region, bob.id, {})
  assert.deepEqual(
    retirable.map(({ value }: StoredRecord<GrantValue>) => value.grantId),
    [kept.grantId],
  )
  assert.deepEqual(await found(room, key, alice.id), [])
})

test('grants that were left when the work was interrupted are removed at the next', async () => {
  const watched = await watchedStore()
  const room = new KeyRoom(watched.store)
  const key = await room.makeKey()
  for (let count = 0; count < 600; count++) await room.makeGrant(key, { grantee: alice })
  await room.change(key, entry => scheduleKeyDeletion(entry, { now: room.now, windowDays: 7 }))
  room.now += 7 * dayMillis
  watched.commitsLeft = 2

  await assert.rejects(room.doDueWork(), /interrupted/)
  assert.equal(await room.find(key.key.keyId), undefined)
  assert.ok((await remaining(room, key)) > 0)
  await room.doDueWork()

  assert.equal(await remaining(room, key), 0)
})

test('lists are in pages, of a key, of a grantee and of who may retire, each grant once', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  for (let count = 0; count < 25; count++) await room.makeGrant(key, { grantee: alice, retiring: bob })
  for (let count = 0; count < 5; count++) await room.makeGrant(key, { grantee: bob })
  const all = async (list: (page: Page) => Promise<readonly StoredRecord<GrantValue>[]>): Promise<Set<string>> => {
    const ids = new Set<string>()
    let page = await list({ limit: 10 })
    while (page.length > 0) {
      for (const { id } of page) ids.add(id)
      page = await list({ limit: 10, after: page.at(-1)!.id })
    }
    return ids
  }

  assert.equal((await all(page => room.keys.grants.list(key.key, page))).size, 30)
  assert.equal((await all(page => room.keys.grants.list(key.key, { ...page, granteeId: bob.id }))).size, 5)
  assert.equal((await all(page => room.keys.grants.listRetirable(key.key.region, bob.id, page))).size, 25)
  assert.equal((await all(page => room.keys.grants.listRetirable('eu-west-1', bob.id, page))).size, 0)
})

test('[D42] among fifty thousand grants to one grantee a request finds its own in less than a millisecond', async () => {
  const room = await newRoom()
  const key = await room.makeKey()
  const grantee = { id: account, arn: accountRootArn(account) }
  for (let batch = 0; batch < 50; batch++) {
    const writes = Array.from({ length: 1_000 }, (_, index) => {
      const encryptionContextSubset = { volume: `v${batch * 1_000 + index}`, every: 'one' }
      const wanted = {
        grantee,
        issuingAccount: account,
        operations: ['Decrypt'],
        constraints: { encryptionContextSubset },
      }
      return createGrant(wantedGrant(key, wanted), key, 0, room).writes
    })
    await room.store.commit({ writes: writes.flat() })
  }
  const ask = (volume: string): Promise<readonly GrantFacts[]> =>
    room.keys.grants.candidates(key, [account], {
      isForeign: false,
      use: { kind: 'encryption-context', pairs: { volume, every: 'one', more: 'x' } },
    })
  let turns = 0
  const timer = setInterval(() => (turns += 1), 1)
  await ask('v0')
  clearInterval(timer)

  const started = performance.now()
  for (let count = 0; count < 100; count++) assert.equal((await ask(`v${count * 499}`)).length, 1)
  const elapsed = (performance.now() - started) / 100

  assert.ok(elapsed < 1, `${elapsed} ms`)
  // While they were read for the first time, others came in between.
  assert.ok(turns > 10, `${turns} turns`)
})
