import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthenticationFailure, ConfigError, SecretBytes, hourMillis, seededRandom } from '../base/index.ts'
import type { AuthenticationFailureKind, Instant } from '../base/index.ts'
import { PolicyDocumentError } from '../policy/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { openMemoryStore, remove } from '../storage/index.ts'
import type { Store, StoredRecord } from '../storage/index.ts'
import {
  administratorSessionSeconds,
  createAccessKey,
  createAccount,
  deleteAccessKey,
  setAccessKeyStatus,
} from './account-changes.ts'
import { closeAccount, reopenAccount } from './account-life.ts'
import { roleCollection, userCollection } from './account-records.ts'
import type { UserValue } from './account-records.ts'
import { openAccounts } from './accounts.ts'
import type { Accounts } from './accounts.ts'
import type { Credential, IssuedSession } from './credentials.ts'
import { putInlinePolicy, setTags } from './holder-changes.ts'
import { createManagedPolicy, deleteManagedPolicy } from './policy-changes.ts'
import type { PrincipalPolicies } from './principal-policies.ts'
import { createUser, deleteUser } from './user-changes.ts'

const [first, second] = ['111122223333', '444455556666']
const start = Date.UTC(2026, 10, 24)
const allowListKeys = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}'

/** Two accounts in a store, and what tests do with them. */
class Installation {
  readonly random = seededRandom(20_261_124)
  readonly store: Store
  readonly keyRing = this.#newKeyRing()
  /** Names of the collections that were read. */
  readonly reads: string[] = []
  now: Instant = start
  elapsed = 0
  readonly accounts: Accounts

  constructor(store: Store) {
    this.store = store
    this.accounts = this.open()
  }

  #newKeyRing() {
    const root = rootKeyOf(new SecretBytes(this.random(32)))
    return openKeyRing(root, createKeyRing(root, this.random), this.random)
  }

  get needs() {
    return { random: this.random, now: this.now, keyRing: this.keyRing }
  }

  /** As after another start. */
  open(): Accounts {
    return openAccounts({
      store: this.#watched(),
      keyRing: this.keyRing,
      random: this.random,
      clock: { now: () => this.now },
      stopwatch: () => this.elapsed,
    })
  }

  #watched(): Store {
    const { store, reads } = this
    return {
      get: (collection, id) => {
        reads.push(collection.name)
        return store.get(collection, id)
      },
      find: (collection, index, key, page) => store.find(collection, index, key, page),
      findUpTo: (collection, index, key, limit) => store.findUpTo(collection, index, key, limit),
      count: (collection, index, key) => store.count(collection, index, key),
      list: (collection, page) => store.list(collection, page),
      commit: commit => store.commit(commit),
      readOutbox: limit => store.readOutbox(limit),
      lastOutboxSequence: () => store.lastOutboxSequence(),
      removeOutbox: upToSequence => store.removeOutbox(upToSequence),
      onChange: listener => store.onChange(listener),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }

  /** Lets so much time pass. */
  wait(millis: number): void {
    this.now += millis
    this.elapsed += millis
  }

  async makeUser(account: string, userName: string): Promise<StoredRecord<UserValue>> {
    const { writes } = createUser({ account, userName, path: '/', tags: [] }, this.needs)
    await this.store.commit({ writes })
    return (await this.accounts.identities.findUser(account, userName))!
  }

  async makeAccessKey(
    user: StoredRecord<UserValue>,
  ): Promise<{ readonly accessKeyId: string; readonly secret: string }> {
    const { accessKey, secret, writes } = createAccessKey(user, this.needs)
    await this.store.commit({ writes })
    return { accessKeyId: accessKey.accessKeyId, secret }
  }

  session(account = first, durationSeconds = 3_600): Promise<IssuedSession> {
    return this.accounts.issueAdministratorSession(account, { sessionName: 'ada', durationSeconds })
  }

  find({ accessKeyId, sessionToken }: Pick<IssuedSession, 'accessKeyId' | 'sessionToken'>): Promise<Credential> {
    return this.accounts.findCredential(accessKeyId, sessionToken)
  }
}

async function newInstallation(): Promise<Installation> {
  const installation = new Installation(await openMemoryStore())
  for (const [id, name] of [
    [first, 'First'],
    [second, 'Second'],
  ] as const) {
    await installation.store.commit({ writes: createAccount(id, name, installation.needs).writes })
    installation.now += 1
  }
  installation.now = start
  return installation
}

const failsAs =
  (kind: AuthenticationFailureKind) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AuthenticationFailure)
    assert.equal(error.kind, kind)
    return true
  }

/** Whether a statement denies everything, whatever else there is. */
const permitsNothing = ({ identity }: PrincipalPolicies): boolean =>
  identity.some(({ text }) => text.includes('{"Effect":"Deny","Action":"*","Resource":"*"}'))

test('findCredential() gives the user and the secret of an active access key', async () => {
  const installation = await newInstallation()
  const user = await installation.makeUser(first, 'app')
  const { accessKeyId, secret } = await installation.makeAccessKey(user)

  const credential = await installation.accounts.findCredential(accessKeyId, undefined)

  assert.equal(credential.secret.exposeBytes().toString(), secret)
  assert.deepEqual(
    { ...credential.caller, tags: { ...credential.caller.tags } },
    {
      kind: 'user',
      account: first,
      arn: `arn:aws:iam::${first}:user/app`,
      userId: user.value.userId,
      userName: 'app',
      accessKeyId,
      tags: {},
    },
  )
})

test('findCredential() gives the same object while nothing changes, and another once the user does', async () => {
  const installation = await newInstallation()
  const user = await installation.makeUser(first, 'app')
  const { accessKeyId } = await installation.makeAccessKey(user)
  const credential = await installation.accounts.findCredential(accessKeyId, undefined)

  const again = await installation.accounts.findCredential(accessKeyId, undefined)
  const changed = (await installation.accounts.identities.findUser(first, 'app'))!
  await installation.store.commit({
    writes: setTags({ collection: userCollection, record: changed }, [{ key: 'team', value: 'a' }]),
  })
  const after = await installation.accounts.findCredential(accessKeyId, undefined)

  assert.equal(again, credential)
  assert.notEqual(after, credential)
  assert.equal(after.caller.tags['team'], 'a')
})

test('[A13] findCredential() fails alike for a key that is unknown, inactive or deleted', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const { accessKeyId } = await installation.makeAccessKey(await installation.makeUser(first, 'app'))
  await accounts.findCredential(accessKeyId, undefined)
  const failures: unknown[] = []
  const tryKey = (id: string): Promise<unknown> =>
    accounts.findCredential(id, undefined).catch((error: unknown) => failures.push(error))

  await tryKey('AKIAZZZZZZZZZZZZZZZZ')
  await store.commit({ writes: setAccessKeyStatus((await accounts.findAccessKey(accessKeyId))!, 'Inactive') })
  await tryKey(accessKeyId)
  const [user, accessKey] = [
    await accounts.identities.findUser(first, 'app'),
    await accounts.findAccessKey(accessKeyId),
  ]
  await store.commit({ writes: deleteAccessKey(user!, accessKey!) })
  await tryKey(accessKeyId)

  assert.equal(failures.length, 3)
  for (const failure of failures) failsAs('unknown-credential')(failure)
  assert.equal(new Set(failures.map(failure => (failure as Error).message)).size, 1)
})

test('[A16] an access key that is made active again has the same secret, a new key another', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const { accessKeyId, secret } = await installation.makeAccessKey(await installation.makeUser(first, 'app'))
  const other = await installation.makeAccessKey((await accounts.identities.findUser(first, 'app'))!)

  await store.commit({ writes: setAccessKeyStatus((await accounts.findAccessKey(accessKeyId))!, 'Inactive') })
  await store.commit({ writes: setAccessKeyStatus((await accounts.findAccessKey(accessKeyId))!, 'Active') })

  const found = await accounts.findCredential(accessKeyId, undefined)
  assert.equal(found.secret.exposeBytes().toString(), secret)
  assert.notEqual(other.secret, secret)
})

test('findCredential() finds the keys of users again after another start', async () => {
  const installation = await newInstallation()
  const { accessKeyId, secret } = await installation.makeAccessKey(await installation.makeUser(first, 'app'))

  const credential = await installation.open().findCredential(accessKeyId, undefined)

  assert.equal(credential.secret.exposeBytes().toString(), secret)
})

test('issueAdministratorSession() gives a credential that findCredential() knows, also after another start', async () => {
  const installation = await newInstallation()

  const session = await installation.session()

  for (const accounts of [installation.accounts, installation.open()]) {
    const { caller, secret } = await accounts.findCredential(session.accessKeyId, session.sessionToken)
    assert.equal(secret.exposeBytes().toString(), session.secretAccessKey)
    assert.ok(caller.kind === 'role-session')
    assert.equal(caller.arn, `arn:aws:sts::${first}:assumed-role/Administrator/ada`)
    assert.equal(caller.roleArn, `arn:aws:iam::${first}:role/Administrator`)
    assert.equal(caller.userId, `${caller.roleId}:ada`)
    assert.equal(caller.expiresAt, start + hourMillis)
  }
})

test('issueAdministratorSession() gives different keys, secrets and tokens each time', async () => {
  const installation = await newInstallation()

  const [one, other] = [await installation.session(), await installation.session()]

  for (const part of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const)
    assert.notEqual(one[part], other[part])
})

test('[A15] a session ends at its second, and is alive one millisecond before', async () => {
  const installation = await newInstallation()
  const session = await installation.session()

  installation.wait(hourMillis - 1)
  await installation.find(session)
  installation.wait(1)

  await assert.rejects(installation.find(session), failsAs('expired-token'))
})

test('[A15] a session that ended 1 s ago is refused also by a server that never saw it', async () => {
  const installation = await newInstallation()
  const session = await installation.session()

  installation.wait(hourMillis + 1_000)

  const { accessKeyId, sessionToken } = session
  await assert.rejects(installation.open().findCredential(accessKeyId, sessionToken), failsAs('expired-token'))
})

test('[J79] a clock that is set back makes no session longer', async () => {
  const installation = await newInstallation()
  const session = await installation.session()
  await installation.find(session)

  installation.wait(hourMillis / 2)
  installation.now -= hourMillis
  await installation.find(session)
  installation.wait(hourMillis / 2)

  assert.ok(session.expiresAt > installation.now)
  await assert.rejects(installation.find(session), failsAs('expired-token'))
})

test('[J79] a clock that is set ahead ends sessions early, never late', async () => {
  const installation = await newInstallation()
  const session = await installation.session()
  await installation.find(session)

  installation.now += hourMillis

  await assert.rejects(installation.find(session), failsAs('expired-token'))
})

test('[A15] findCredential() looks nothing up in the store for a token that is not whole, ours and of that key', async () => {
  const installation = await newInstallation()
  const [session, other] = [await installation.session(), await installation.session(second)]
  const { accessKeyId, sessionToken: token } = session
  const { accessKeyId: userKey } = await installation.makeAccessKey(await installation.makeUser(first, 'app'))
  const flipped = Buffer.from(token.slice(2), 'base64')
  flipped[60]! ^= 1
  const accounts = installation.open()
  // What was opened once is remembered, and must not open for another key.
  await accounts.findCredential(accessKeyId, token)
  installation.reads.length = 0

  const attempts: readonly (readonly [string, string])[] = [
    [accessKeyId, ''],
    [accessKeyId, token.slice(0, -1)],
    [accessKeyId, token.slice(0, token.length / 2)],
    [accessKeyId, `P2${flipped.toString('base64')}`],
    [accessKeyId, other.sessionToken],
    [other.accessKeyId, token],
    [userKey, token],
    [accessKeyId, 'made up'],
  ]
  for (const [id, text] of attempts)
    await assert.rejects(accounts.findCredential(id, text), failsAs('unknown-credential'), text)

  assert.deepEqual(installation.reads, [])
})

test('[A15] findCredential() reads the role and the account of a session once, not per request', async () => {
  const installation = await newInstallation()
  const session = await installation.session()
  const accounts = installation.open()
  installation.reads.length = 0

  for (let count = 0; count < 50; count++) await accounts.findCredential(session.accessKeyId, session.sessionToken)

  assert.deepEqual(installation.reads, ['accounts.role', 'accounts.account'])
})

test('[A15] the access key of a session is nothing without its token', async () => {
  const installation = await newInstallation()
  const session = await installation.session()

  await assert.rejects(
    installation.accounts.findCredential(session.accessKeyId, undefined),
    failsAs('unknown-credential'),
  )
})

test('[A15] the sessions of a role end with it, also where one of the same name is made later', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const session = await installation.session()
  await installation.find(session)
  const role = (await accounts.identities.findRole(first, 'Administrator'))!
  const [, later] = createAccount(first, 'Again', installation.needs).writes

  await store.commit({ writes: [{ ...later!, expect: role.version }] })

  await assert.rejects(installation.find(session), failsAs('unknown-credential'))
})

for (const durationSeconds of [0, -1, 899, 899.5, 900.5, administratorSessionSeconds + 1, Number.NaN, Infinity])
  test(`issueAdministratorSession() refuses a session of ${durationSeconds} seconds`, async () => {
    const installation = await newInstallation()

    await assert.rejects(installation.session(first, durationSeconds), /^ConfigError: A session lasts 900 to 43200/)
  })

test('issueAdministratorSession() says what to do where there is no such account', async () => {
  const installation = await newInstallation()

  await assert.rejects(installation.session('999999999999'), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.message, 'There is no account 999999999999: make it with "postern account create"')
    return true
  })
})

test('[C32] a user of one account is never one of the same name in another', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const users = [await installation.makeUser(first, 'app'), await installation.makeUser(second, 'app')]
  await store.commit({
    writes: putInlinePolicy(
      { collection: userCollection, record: users[0]! },
      { name: 'list', document: allowListKeys },
    ),
  })
  const keys = [
    await installation.makeAccessKey((await accounts.identities.findUser(first, 'app'))!),
    await installation.makeAccessKey((await accounts.identities.findUser(second, 'app'))!),
  ]

  const callers = await Promise.all(
    keys.map(async ({ accessKeyId }) => (await accounts.findCredential(accessKeyId, undefined)).caller),
  )
  const policies = await Promise.all(callers.map(caller => accounts.policiesOf(caller)))

  assert.deepEqual(
    callers.map(({ account, arn }) => [account, arn]),
    [first, second].map(account => [account, `arn:aws:iam::${account}:user/app`]),
  )
  assert.deepEqual(
    policies.map(({ identity }) => identity.length),
    [1, 0],
  )
})

test('[C32] the administrator sessions of two accounts are of two roles', async () => {
  const installation = await newInstallation()

  const found = [
    await installation.find(await installation.session(first)),
    await installation.find(await installation.session(second)),
  ]

  assert.deepEqual(
    found.map(({ caller }) => caller.account),
    [first, second],
  )
  assert.notEqual(found[0]!.caller.userId, found[1]!.caller.userId)
})

test('[C33] a user who was deleted and made again has no policy of the old one, and the old key opens nothing', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const user = await installation.makeUser(first, 'app')
  await store.commit({
    writes: putInlinePolicy({ collection: userCollection, record: user }, { name: 'list', document: allowListKeys }),
  })
  const { accessKeyId } = await installation.makeAccessKey((await accounts.identities.findUser(first, 'app'))!)
  const { caller } = await accounts.findCredential(accessKeyId, undefined)

  const accessKey = (await accounts.findAccessKey(accessKeyId))!
  await store.commit({ writes: deleteAccessKey((await accounts.identities.findUser(first, 'app'))!, accessKey) })
  const emptied = (await accounts.identities.findUser(first, 'app'))!
  await store.commit({ writes: deleteUser({ ...emptied, value: { ...emptied.value, policies: [] } }) })
  await installation.makeUser(first, 'app')

  await assert.rejects(accounts.findCredential(accessKeyId, undefined), failsAs('unknown-credential'))
  assert.ok(permitsNothing(await accounts.policiesOf(caller)))
  assert.notEqual((await accounts.identities.findUser(first, 'app'))!.value.userId, user.value.userId)
})

test('[C33] a session that was established before its role was deleted and made again is permitted nothing', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const { caller } = await installation.find(await installation.session())
  const role = (await accounts.identities.findRole(first, 'Administrator'))!
  const [, later] = createAccount(first, 'Again', installation.needs).writes

  await store.commit({ writes: [remove(roleCollection, role.id, role.version)] })
  const deleted = await accounts.policiesOf(caller)
  await store.commit({ writes: [later!] })

  assert.ok(permitsNothing(deleted))
  assert.ok(permitsNothing(await accounts.policiesOf(caller)))
})

test('[C34] a session is permitted nothing once a managed policy that limits it is deleted: it may have been what denied', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const deny = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]}'
  const wanted = { account: first, policyName: 'limit', path: '/', document: deny, tags: [] }
  const { policy, writes } = createManagedPolicy(wanted, installation.needs)
  await store.commit({ writes })
  const { roleName, roleId } = (await accounts.identities.findRole(first, 'Administrator'))!.value
  const limits = { documents: [allowListKeys], policyArns: [policy.arn] }
  const { caller } = await installation.find(
    accounts.issueSession({ kind: 'role', account: first, roleName, roleId, sessionName: 'ada', limits }, 3_600),
  )
  const before = await accounts.policiesOf(caller)
  const record = (await accounts.identities.findManagedPolicy(first, policy.arn))!

  await store.commit({ writes: deleteManagedPolicy(record, { attachments: 0, boundaries: 0 }) })

  const { session = [] } = await accounts.policiesOf(caller)
  assert.deepEqual(
    before.session!.map(({ text }) => text),
    [allowListKeys, deny],
  )
  assert.ok(permitsNothing({ identity: session }))
})

test('[C34] policiesOf() sees a policy that was put or removed at once', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const { accessKeyId } = await installation.makeAccessKey(await installation.makeUser(first, 'app'))
  const { caller } = await accounts.findCredential(accessKeyId, undefined)
  const before = await accounts.policiesOf(caller)

  const user = (await accounts.identities.findUser(first, 'app'))!
  await store.commit({
    writes: putInlinePolicy({ collection: userCollection, record: user }, { name: 'list', document: allowListKeys }),
  })

  const after = await accounts.policiesOf(caller)
  assert.deepEqual([before.identity.length, after.identity.length], [0, 1])
})

test('[C34] a user whose stored policy does not compile is denied, but found, so that the policy can be replaced', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const user = await installation.makeUser(first, 'app')
  const { accessKeyId } = await installation.makeAccessKey(user)
  const broken = { name: 'list', document: '{"Statement":"of an older form"}' }
  await store.commit({
    writes: putInlinePolicy(
      { collection: userCollection, record: (await accounts.identities.findUser(first, 'app'))! },
      broken,
    ),
  })

  const { caller } = await accounts.findCredential(accessKeyId, undefined)
  await assert.rejects(accounts.policiesOf(caller), PolicyDocumentError)

  const found = (await accounts.identities.findUser(first, 'app'))!
  await store.commit({
    writes: putInlinePolicy({ collection: userCollection, record: found }, { name: 'list', document: allowListKeys }),
  })
  assert.equal((await accounts.policiesOf(caller)).identity.length, 1)
})

test("policiesOf() has the administrator role's policy, and none for root", async () => {
  const installation = await newInstallation()
  const { caller } = await installation.find(await installation.session())
  const { caller: rootCaller } = await installation.find(await installation.accounts.issueRootSession(first, {}))

  const administrator = await installation.accounts.policiesOf(caller)
  const root = await installation.accounts.policiesOf(rootCaller)

  assert.equal(administrator.identity.length, 1)
  assert.equal(root.identity.length, 0)
})

test('listUsers() and listRoles() show those of one account only', async () => {
  const installation = await newInstallation()
  for (const [account, name] of [
    [first, 'a'],
    [first, 'b'],
    [second, 'c'],
  ] as const)
    await installation.makeUser(account, name)

  const users = await installation.accounts.identities.listUsers(first, {})
  const roles = await installation.accounts.identities.listRoles(second, {})

  assert.deepEqual(
    users.map(({ value }) => value.userName),
    ['a', 'b'],
  )
  assert.deepEqual(
    roles.map(({ value }) => value.account),
    [second],
  )
})

test('listAccounts() gives every account, the oldest first, however many there are', async () => {
  const installation = await newInstallation()
  const ids = Array.from({ length: 1_200 }, (_, index) => String(999_999_999_999 - index))
  await installation.store.commit({
    writes: ids.flatMap(
      (id, index) => createAccount(id, 'One of many', { ...installation.needs, now: start + 10 + index }).writes,
    ),
  })

  const accounts = await installation.accounts.listAccounts()

  assert.deepEqual(
    accounts.map(({ value }) => value.id),
    [first, second, ...ids],
  )
  assert.deepEqual(await installation.accounts.findAccount(ids[7]!), accounts[9])
})

test('issueRootSession() gives the root user of an account for an hour at most', async () => {
  const installation = await newInstallation()
  const session = await installation.accounts.issueRootSession(first, { durationSeconds: 900 })

  const { caller } = await installation.find(session)

  assert.equal(caller.kind, 'root')
  assert.equal(caller.arn, `arn:aws:iam::${first}:root`)
  assert.equal(caller.userId, first)
  await assert.rejects(installation.accounts.issueRootSession(first, { durationSeconds: 3_601 }), ConfigError)
  await assert.rejects(installation.accounts.issueRootSession('999999999999', {}), ConfigError)
  installation.wait(900_000)
  await assert.rejects(installation.find(session), /expired/)
})

test('no credential of a closed account is known, of whatever kind, and all are again once it is reopened', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const { accessKeyId } = await installation.makeAccessKey(await installation.makeUser(second, 'app'))
  const sessions = [await installation.session(second), await accounts.issueRootSession(second, {})]
  const credentials = [{ accessKeyId, sessionToken: undefined }, ...sessions]
  const ask = (each: (typeof credentials)[number]) => accounts.findCredential(each.accessKeyId, each.sessionToken)
  // Once before, so that what is kept in memory is tried too.
  for (const each of credentials) await ask(each)

  await store.commit(closeAccount((await accounts.findAccount(second))!, await accounts.listAccounts(), start))
  for (const each of credentials) await assert.rejects(ask(each), failsAs('unknown-credential'))
  for (const { sessionToken } of sessions)
    await assert.rejects(accounts.callerOfToken(sessionToken), failsAs('unknown-credential'))
  assert.equal(await accounts.isOpen(second), false)

  await store.commit({ writes: reopenAccount((await accounts.findAccount(second))!) })
  for (const each of credentials) assert.equal((await ask(each)).caller.account, second)
  assert.equal(await accounts.isOpen(second), true)
})

test('a closed account is issued no session, and what to do is said', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  await store.commit(closeAccount((await accounts.findAccount(second))!, await accounts.listAccounts(), start))

  const refused = {
    name: 'ConfigError',
    message: `Account ${second} is closed: open it again with "postern account reopen --id ${second}"`,
  }
  await assert.rejects(installation.session(second), refused)
  await assert.rejects(accounts.issueRootSession(second, {}), refused)
})

test('an account without its administrator role says how to get it back', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const role = (await accounts.identities.findRole(second, 'Administrator'))!
  await store.commit({ writes: [remove(roleCollection, role.id, role.version)] })

  await assert.rejects(installation.session(second), {
    message: `Account ${second} has no role Administrator: make it again with "postern account recover --id ${second}"`,
  })
})

test('findFirstOpenAccount() passes over closed accounts', async () => {
  const installation = await newInstallation()
  const { accounts, store } = installation
  const before = await accounts.findFirstOpenAccount()
  await store.commit(closeAccount((await accounts.findAccount(first))!, await accounts.listAccounts(), start))

  assert.deepEqual([before?.id, (await accounts.findFirstOpenAccount())?.id], [first, second])
})
