import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, SecretBytes, seededRandom } from '../base/index.ts'
import { compileKeyPolicy } from '../policy/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import { ConflictError, openMemoryStore } from '../storage/index.ts'
import type { Store, StoredRecord } from '../storage/index.ts'
import { createAccount } from './account-changes.ts'
import { closeAccount, reopenAccount } from './account-life.ts'
import { accountCollection } from './account-records.ts'
import type { RoleValue, UserValue } from './account-records.ts'
import { openAccounts } from './accounts.ts'
import type { Accounts } from './accounts.ts'
import {
  IntegratedServices,
  integratedServiceCollection,
  listIntegratedServices,
  registerIntegratedService,
  removeIntegratedService,
  requireServiceName,
} from './integrated-services.ts'
import { createRole, deleteRole } from './role-changes.ts'
import { createUser, deleteUser, moveUser } from './user-changes.ts'

const [first, second] = ['111122223333', '444455556666']
const now = Date.UTC(2026, 10, 24)
const name = 'backup.example.internal'
type Identity = StoredRecord<UserValue> | StoredRecord<RoleValue>

class Installation {
  readonly random = seededRandom(20_261_125)
  readonly store: Store
  readonly accounts: Accounts
  readonly services: IntegratedServices

  constructor(store: Store) {
    const root = rootKeyOf(new SecretBytes(this.random(32)))
    const keyRing = openKeyRing(root, createKeyRing(root, this.random), this.random)
    this.store = store
    this.accounts = openAccounts({ store, keyRing, random: this.random, clock: { now: () => now } })
    this.services = new IntegratedServices(store)
  }

  get needs() {
    return { random: this.random, now }
  }

  async newUser(userName: string, path = '/'): Promise<StoredRecord<UserValue>> {
    await this.store.commit({ writes: createUser({ account: first, userName, path, tags: [] }, this.needs).writes })
    return (await this.accounts.identities.findUser(first, userName))!
  }

  async newRole(roleName: string): Promise<StoredRecord<RoleValue>> {
    const wanted = { account: first, roleName, path: '/', trustPolicy: '{}', trustedIds: {}, maxSessionSeconds: 3_600 }
    const { writes } = createRole({ ...wanted, tags: [] }, this.needs)
    await this.store.commit({ writes })
    return (await this.accounts.identities.findRole(first, roleName))!
  }

  register(identity: Identity, serviceName = name, accounts: readonly string[] = []): Promise<void> {
    return this.store.commit(registerIntegratedService({ name: serviceName, identity, accounts }, now))
  }

  /** The name of the service that a session of the role is. */
  async serviceOfSession(role: StoredRecord<RoleValue>): Promise<string | undefined> {
    const { roleName, roleId } = role.value
    const { sessionToken } = this.accounts.issueSession(
      { kind: 'role', account: first, roleName, roleId, sessionName: 'worker' },
      900,
    )
    return (await this.services.serviceOf(await this.accounts.callerOfToken(sessionToken)))?.name
  }

  /** The name of the service that the user is. */
  async serviceOfUser({ value }: StoredRecord<UserValue>): Promise<string | undefined> {
    return (await this.services.serviceOf((await this.accounts.callerOfUser(value.arn))!))?.name
  }
}

async function newInstallation(): Promise<Installation> {
  const installation = new Installation(await openMemoryStore())
  for (const id of [first, second])
    await installation.store.commit({ writes: createAccount(id, 'An account', installation.needs).writes })
  return installation
}

for (const good of ['backup.example.internal', 's3.amazonaws.com', 'delivery.logs.amazonaws.com', 'a.b', 'a-1.b2.c']) {
  test(`requireServiceName() takes ${good}, which a key policy can name`, () => {
    assert.equal(requireServiceName(good), good)
    const Statement = [{ Effect: 'Allow', Principal: { Service: good }, Action: 'kms:*', Resource: '*' }]
    compileKeyPolicy(JSON.stringify({ Version: '2012-10-17', Statement }), { name: 'test' })
  })
}

const badNames: Readonly<Record<string, RegExp>> = {
  '': /is a DNS name in lower case/,
  backup: /is a DNS name in lower case/,
  'Backup.example.internal': /is a DNS name in lower case/,
  'backup.example.internal.': /is a DNS name in lower case/,
  '.example.internal': /is a DNS name in lower case/,
  'backup..internal': /is a DNS name in lower case/,
  'backup_1.example.internal': /is a DNS name in lower case/,
  '*.example.internal': /is a DNS name in lower case/,
  'backup.example.internal\n': /is a DNS name in lower case/,
  'bäckup.example.internal': /is a DNS name in lower case/,
  '-a.example.internal': /is a DNS name in lower case/,
  '10.0.0.1': /is a DNS name in lower case/,
  [`${'a'.repeat(64)}.example.internal`]: /is a DNS name in lower case/,
  [`${'a.'.repeat(64)}b`]: /is a DNS name in lower case/,
  'amazonaws.com': /Postern is that service itself/,
  'kms.amazonaws.com': /Postern is that service itself/,
  'cloudformation.amazonaws.com': /Postern is that service itself/,
  'ec2.us-west-2.amazonaws.com': /Postern is that service itself/,
  'cks.kms.us-west-2.amazonaws.com': /Postern is that service itself/,
  's3.us-west-2.amazonaws.com': /without its Region/,
}

for (const [bad, reason] of Object.entries(badNames)) {
  test(`requireServiceName() refuses ${JSON.stringify(bad.slice(0, 40))}`, () => {
    assert.throws(
      () => requireServiceName(bad),
      (error: unknown) => error instanceof ConfigError && reason.test(error.message),
    )
  })
}

test('registerIntegratedService() allows callers of the identity’s own account where no other is named', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')

  const own = registerIntegratedService({ name, identity: user, accounts: [] }, now).service
  const named = registerIntegratedService({ name, identity: user, accounts: [second, second] }, now).service

  assert.deepEqual(own.accounts, [first])
  assert.deepEqual(named.accounts, [second])
})

test('registerIntegratedService() gives each name to one identity, and each identity one name, whoever comes first', async () => {
  const it = await newInstallation()
  const [user, role] = [await it.newUser('backup'), await it.newRole('backup')]
  await it.register(user)

  await assert.rejects(it.register(role), ConflictError)
  await assert.rejects(it.register(user, 'other.example.internal'), ConflictError)
  await it.register(role, 'other.example.internal')

  const names = (await listIntegratedServices(it.store)).map(({ value }) => value.name)
  assert.deepEqual(names, [name, 'other.example.internal'])
})

test('registerIntegratedService() registers nobody who is deleted meanwhile', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')
  const change = registerIntegratedService({ name, identity: user, accounts: [] }, now)

  await it.store.commit({ writes: deleteUser(user) })

  await assert.rejects(it.store.commit(change), ConflictError)
})

test('IntegratedServices knows a user and each session of a role', async () => {
  const it = await newInstallation()
  const [user, role, other] = [await it.newUser('backup'), await it.newRole('backup'), await it.newUser('other')]

  await it.register(user)
  await it.register(role, 'role.example.internal')

  assert.equal(await it.serviceOfUser(user), name)
  assert.equal(await it.serviceOfSession(role), 'role.example.internal')
  assert.equal(await it.serviceOfUser(other), undefined)
})

test('IntegratedServices does not take who was made again under the name of an identity for the service', async () => {
  const it = await newInstallation()
  const [user, role] = [await it.newUser('backup'), await it.newRole('backup')]
  await it.register(user)
  await it.register(role, 'role.example.internal')
  await it.store.commit({ writes: [...deleteUser(user), ...deleteRole(role)] })

  const [secondUser, secondRole] = [await it.newUser('backup'), await it.newRole('backup')]

  assert.equal(secondUser.value.arn, user.value.arn)
  assert.equal(secondRole.value.arn, role.value.arn)
  assert.equal(await it.serviceOfUser(secondUser), undefined)
  assert.equal(await it.serviceOfSession(secondRole), undefined)
})

test('IntegratedServices knows nobody who is the service’s user only by half: root, or a session that the user gave', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')
  await it.register(user)
  const { userName, userId } = user.value
  const limits = { documents: [], policyArns: [] }
  const holders = [
    { kind: 'federated-user', account: first, userName, userId, name: 'guest', limits },
    { kind: 'root', account: first },
  ] as const

  for (const holder of holders) {
    const { sessionToken } = it.accounts.issueSession(holder, 900)
    assert.equal(await it.services.serviceOf(await it.accounts.callerOfToken(sessionToken)), undefined)
  }
  const { sessionToken } = it.accounts.issueSession({ kind: 'user', account: first, userName, userId }, 900)
  assert.equal((await it.services.serviceOf(await it.accounts.callerOfToken(sessionToken)))?.name, name)
})

test('removeIntegratedService() holds from the next look on, and leaves name and identity to others', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')
  await it.register(user, name, [second])
  assert.equal(await it.serviceOfUser(user), name)

  const [record] = await it.store.list(integratedServiceCollection)
  await it.store.commit({ writes: removeIntegratedService(record!) })

  assert.equal(await it.serviceOfUser(user), undefined)
  await it.register(user)
  assert.equal(await it.serviceOfUser(user), name)
  assert.deepEqual((await it.store.list(integratedServiceCollection))[0]?.value.accounts, [first])
})

test('removeIntegratedService() does not remove what was registered anew meanwhile', async () => {
  const it = await newInstallation()
  const [user, other] = [await it.newUser('backup'), await it.newUser('other')]
  await it.register(user)
  const [record] = await it.store.list(integratedServiceCollection)
  await it.store.commit({ writes: removeIntegratedService(record!) })
  await it.register(other)

  await assert.rejects(it.store.commit({ writes: removeIntegratedService(record!) }), ConflictError)

  assert.equal(await it.serviceOfUser(other), name)
})

test('removeIntegratedService() does not remove an identity that has another name by now', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')
  await it.register(user)
  const [record] = await it.store.list(integratedServiceCollection)
  await it.store.commit({ writes: removeIntegratedService(record!) })
  await it.register(user, 'keeper.example.internal')

  await assert.rejects(it.store.commit({ writes: removeIntegratedService(record!) }), ConflictError)

  assert.equal(await it.serviceOfUser(user), 'keeper.example.internal')
})

test('Accounts.arnOfIdentity() follows a user that was renamed, and finds nobody else of its name', async () => {
  const it = await newInstallation()
  const user = await it.newUser('backup')
  const { service } = registerIntegratedService({ name, identity: user, accounts: [] }, now)
  await it.store.commit({ writes: moveUser(user, { userName: 'keeper', path: '/team/' }, []) })
  await it.newUser('backup')

  assert.equal(await it.accounts.identities.arnOfIdentity(service.identity), `arn:aws:iam::${first}:user/team/keeper`)
  await it.store.commit({ writes: deleteUser((await it.accounts.identities.findUser(first, 'keeper'))!) })
  assert.equal(await it.accounts.identities.arnOfIdentity(service.identity), undefined)
})

test('Accounts.callerOfUser() gives the user of exactly that ARN, who used no access key', async () => {
  const it = await newInstallation()
  const { arn } = (await it.newUser('ada', '/team/')).value

  const caller = await it.accounts.callerOfUser(arn)

  assert.equal(caller?.arn, arn)
  assert.equal(caller?.accessKeyId, '')
  const others = ['user/ada', 'user/Team/ada', 'user/team/Ada', 'user/team/ada/', 'role/Administrator', 'root']
  for (const resource of others)
    assert.equal(await it.accounts.callerOfUser(`arn:aws:iam::${first}:${resource}`), undefined, resource)
  assert.equal(await it.accounts.callerOfUser(arn.replace(first, second)), undefined)
})

test('Accounts.callerOfUser() gives nobody of a closed account', async () => {
  const it = await newInstallation()
  const { arn } = (await it.newUser('ada')).value
  const account = async () => (await it.accounts.findAccount(first))!
  await it.store.commit(closeAccount(await account(), await it.store.list(accountCollection), now))

  assert.equal(await it.accounts.callerOfUser(arn), undefined)
  await it.store.commit({ writes: reopenAccount(await account()) })
  assert.equal((await it.accounts.callerOfUser(arn))?.arn, arn)
})
