import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller, RoleSessionCaller, UserCaller } from '../base/index.ts'
import { openMemoryStore } from '../storage/index.ts'
import type { Commit, Store } from '../storage/index.ts'
import { LastUses, forgetLastUse, lastUseCollection } from './last-use.ts'
import type { LastUse } from './last-use.ts'

const account = '111122223333'
const times = { issuedAt: 0, expiresAt: 1 }
const user: UserCaller = {
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account}:user/app`,
  userId: 'AIDAAPP',
  userName: 'app',
  accessKeyId: 'AKIAAPP',
  tags: {},
}
const session: RoleSessionCaller = {
  ...times,
  kind: 'role-session',
  account,
  arn: `arn:aws:sts::${account}:assumed-role/ops/s`,
  userId: 'AROAOPS:s',
  accessKeyId: 'ASIAOPS',
  tags: {},
  roleArn: `arn:aws:iam::${account}:role/ops`,
  roleId: 'AROAOPS',
  roleName: 'ops',
  sessionName: 's',
}
const use = (at: number, service = 'kms'): LastUse => ({ at, region: 'us-west-2', service })
const everythingIsThere = async (): Promise<boolean> => true

interface WatchedStore {
  readonly store: Store
  readonly commits: Commit[]
  fails: boolean
}

/** A store that keeps its commits, and fails those that it is told to. */
async function watchedStore(): Promise<WatchedStore> {
  const store = await openMemoryStore()
  const watched: WatchedStore = { store, commits: [], fails: false }
  const commit = store.commit.bind(store)
  store.commit = async change => {
    if (watched.fails) throw new Error('the disk is full')
    watched.commits.push(change)
    await commit(change)
  }
  return watched
}

test('LastUses tell at once what was noted, and write nothing until they are asked to', async () => {
  const { store, commits } = await watchedStore()
  const uses = new LastUses(store, everythingIsThere)

  for (let at = 1; at <= 1_000; at++) uses.note(user, use(at))

  assert.deepEqual(await uses.find('AKIAAPP'), use(1_000))
  assert.equal(commits.length, 0)
})

test('LastUses write all that was noted in one commit, and nothing where nothing was', async () => {
  const { store, commits } = await watchedStore()
  const uses = new LastUses(store, everythingIsThere)
  uses.note(user, use(1))
  uses.note(session, use(2, 'iam'))

  await uses.flush()
  await uses.flush()

  assert.equal(commits.length, 1)
  const opened = new LastUses(store, everythingIsThere)
  assert.deepEqual([await opened.find('AKIAAPP'), await opened.find('AROAOPS')], [use(1), use(2, 'iam')])
})

test('LastUses keep nothing of sessions of users, of federated users and of the root user', async () => {
  const { store, commits } = await watchedStore()
  const uses = new LastUses(store, everythingIsThere)
  const { userName: _name, ...identity } = user
  const others: readonly Caller[] = [
    { ...user, session: times },
    { ...identity, kind: 'root', issuedAt: 0 },
    {
      ...identity,
      ...times,
      kind: 'federated-user',
      name: 'n',
      issuer: user,
      limits: { documents: [], policyArns: [] },
    },
  ]

  for (const caller of others) uses.note(caller, use(1))
  await uses.flush()

  assert.equal(await uses.find('AKIAAPP'), undefined)
  assert.equal(commits.length, 0)
})

test('LastUses write nothing of what is gone', async () => {
  const { store } = await watchedStore()
  const uses = new LastUses(store, async caller => caller.kind === 'user')
  uses.note(user, use(1))
  uses.note(session, use(2))

  await uses.flush()

  assert.deepEqual(
    (await store.list(lastUseCollection)).map(({ id }) => id),
    ['AKIAAPP'],
  )
})

test('LastUses that could not be written are written the next time, unless there are later ones', async () => {
  const watched = await watchedStore()
  const uses = new LastUses(watched.store, everythingIsThere)
  uses.note(user, use(1))
  uses.note(session, use(2))
  watched.fails = true

  const failing = uses.flush()
  uses.note(user, use(3))
  await assert.rejects(failing, /the disk is full/)
  watched.fails = false
  await uses.flush()

  const opened = new LastUses(watched.store, everythingIsThere)
  assert.deepEqual([await opened.find('AKIAAPP'), await opened.find('AROAOPS')], [use(3), use(2)])
})

test('LastUses tell what is being written while it is', async () => {
  const { store } = await watchedStore()
  let goOn: (isThere: boolean) => void = () => {}
  const uses = new LastUses(store, () => new Promise(resolve => (goOn = resolve)))
  uses.note(user, use(1))

  const flushed = uses.flush()
  const meanwhile = await uses.find('AKIAAPP')
  goOn(true)
  await flushed

  assert.deepEqual([meanwhile, await uses.find('AKIAAPP')], [use(1), use(1)])
})

test('forgetLastUse() forgets what was written, and nothing where nothing was', async () => {
  const { store } = await watchedStore()
  const uses = new LastUses(store, everythingIsThere)
  uses.note(user, use(1))
  await uses.flush()

  await store.commit({ writes: [forgetLastUse('AKIAAPP'), forgetLastUse('AKIANONE')] })

  assert.equal(await uses.find('AKIAAPP'), undefined)
})
