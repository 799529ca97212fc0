import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  IntegratedServices,
  administratorRole,
  createAccount,
  createUser,
  openAccounts,
  registerIntegratedService,
} from '../accounts/index.ts'
import type { SessionHolder } from '../accounts/index.ts'
import { SecretBytes, seededRandom } from '../base/index.ts'
import type { Caller, NetworkPath } from '../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../seal/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { openMemoryStore } from '../storage/index.ts'
import { forwardAccess } from './forward-access.ts'
import type { Standing } from './forward-access.ts'
import { onBehalfOfHeader, sourceArnHeader } from './on-behalf-of.ts'

const random = seededRandom(20_261_125)
const account = '111122223333'
const name = 'backup.example.internal'
let now = Date.UTC(2026, 10, 24)
const clock = { now: () => now }

function newKeyRing(): KeyRing {
  const root = rootKeyOf(new SecretBytes(random(32)))
  return openKeyRing(root, createKeyRing(root, random), random)
}

const store = await openMemoryStore()
const options = { store, random, clock, stopwatch: () => now }
const accounts = openAccounts({ ...options, keyRing: newKeyRing() })
const sources = { accounts, integratedServices: new IntegratedServices(store) }
await store.commit({ writes: createAccount(account, 'Test', { random, now }).writes })

async function newUser(userName: string): Promise<Caller> {
  await store.commit({ writes: createUser({ account, userName, path: '/', tags: [] }, { random, now }).writes })
  const arn = `arn:aws:iam::${account}:user/${userName}`
  return { ...(await accounts.callerOfUser(arn))!, accessKeyId: 'AKIAEXAMPLEEXAMPLE77' }
}

const [ada, backup] = [await newUser('ada'), await newUser('backup')]
const identity = (await accounts.identities.findUser(account, 'backup'))!
await store.commit(registerIntegratedService({ name, identity, accounts: [] }, now))

const { roleId, roleName } = (await accounts.identities.findRole(account, administratorRole))!.value
const session = { kind: 'role', account, roleName, roleId, sessionName: 'holder' } as const
const tokenOf = (holder: SessionHolder, from = accounts): string => from.issueSession(holder, 900).sessionToken

const path: NetworkPath = { kind: 'public', clientAddress: '192.0.2.7', secureTransport: true }

function standingOf(value: string | undefined, signer: Caller = backup, sourceArn?: string): Promise<Standing> {
  const headers = new Map([
    ['user-agent', 'test'],
    ...(value === undefined ? [] : [[onBehalfOfHeader, value] as const]),
    ...(sourceArn === undefined ? [] : [[sourceArnHeader, sourceArn] as const]),
  ])
  const request = {
    startedAt: 0,
    requestId: 'request',
    path,
    method: 'POST',
    url: '/',
    headers,
    body: Buffer.alloc(0),
    tls: undefined,
  }
  const signed = { caller: signer, region: 'us-west-2', signedHeaders: ['host', onBehalfOfHeader, sourceArnHeader] }
  return forwardAccess(request, signed, 'kms', sources)
}

const servicePath = {
  kind: 'service',
  serviceName: name,
  clientAddress: name,
  signer: { accessKeyId: backup.accessKeyId, clientAddress: '192.0.2.7' },
}

const refusedFor = (reason: string): Standing => ({
  caller: backup,
  region: 'us-west-2',
  path,
  refusal: `User: ${backup.arn} is not authorized to act as an integrated service: ${reason}`,
})

test('forwardAccess() leaves a request without the header to its signer, a service’s too', async () => {
  for (const caller of [ada, backup])
    assert.deepEqual(await standingOf(undefined, caller), { caller, region: 'us-west-2', path })
})

test('forwardAccess() makes the request of a service that of the user that it names, on the service’s way', async () => {
  const { caller, path: way, refusal } = await standingOf(`user ${ada.arn}`)

  assert.deepEqual(caller, { ...ada, accessKeyId: '' })
  assert.deepEqual(way, servicePath)
  assert.equal(refusal, undefined)
})

test('forwardAccess() makes the request of a service that of the session whose token it has, with all its limits', async () => {
  const limits = { documents: ['{"Version":"2012-10-17","Statement":[]}'], policyArns: [] }
  const holder: SessionHolder = { ...session, limits, tags: { team: 'blue' }, sourceIdentity: 'ada' }

  const { caller, path: way } = await standingOf(`session ${tokenOf(holder)}`)

  assert.equal(caller.kind, 'role-session')
  assert.deepEqual(caller.kind === 'role-session' ? [caller.limits, caller.sourceIdentity] : [], [limits, 'ada'])
  assert.equal(caller.tags['team'], 'blue')
  assert.deepEqual(way, servicePath)
})

test('forwardAccess() makes the request of a service its own, as a service and not as the user that signed', async () => {
  const { caller, path: way } = await standingOf('itself')

  assert.deepEqual(caller, {
    kind: 'service',
    account,
    arn: name,
    userId: name,
    accessKeyId: backup.accessKeyId,
    tags: {},
    serviceName: name,
  })
  assert.deepEqual(way, servicePath)
})

test('forwardAccess() refuses a token past its time, at its very end', async () => {
  const value = `session ${tokenOf(session)}`
  assert.equal((await standingOf(value)).refusal, undefined)

  now += 900_000

  assert.deepEqual(await standingOf(value), refusedFor('the session token is expired'))
})

test('forwardAccess() refuses a token of another installation', async () => {
  const elsewhere = openAccounts({ ...options, keyRing: newKeyRing() })

  const standing = await standingOf(`session ${tokenOf(session, elsewhere)}`)

  assert.deepEqual(standing, refusedFor('the session token is invalid'))
})

test('forwardAccess() refuses the session of a role that is no more, and of a user that is no more', async () => {
  const role = tokenOf({ ...session, roleId: 'AROAZZZZZZZZZZZZZZZZZ' })
  const user = tokenOf({ kind: 'user', account, userName: 'ada', userId: 'AIDAZZZZZZZZZZZZZZZZZ' })

  for (const token of [role, user])
    assert.deepEqual(await standingOf(`session ${token}`), refusedFor('the session token is invalid'))
})

test('forwardAccess() refuses a session of the user that is a service, in whatever way it is named', async () => {
  const { userName, userId } = identity.value
  const token = tokenOf({ kind: 'user', account, userName, userId })

  const standing = await standingOf(`session ${token}`)

  assert.deepEqual(standing, refusedFor(`${backup.arn} is the identity of an integrated service`))
})

test('forwardAccess() does not take a failure of the store for a token that is not good', async () => {
  const failing = Object.assign(Object.create(accounts) as typeof accounts, {
    callerOfToken: async () => {
      throw new TypeError('the store fails')
    },
  })
  const headers = new Map([[onBehalfOfHeader, 'session P2']])
  const request = {
    startedAt: 0,
    requestId: '',
    path,
    method: '',
    url: '',
    headers,
    body: Buffer.alloc(0),
    tls: undefined,
  }
  const signed = { caller: backup, region: 'us-west-2', signedHeaders: [onBehalfOfHeader] }

  await assert.rejects(forwardAccess(request, signed, 'kms', { ...sources, accounts: failing }), TypeError)
})

test('forwardAccess() keeps on behalf of which resource a service asks, where the resource is one that it may act for', async () => {
  const sourceArn = `arn:aws:dynamodb:us-west-2:${account}:table/books`
  const bucket = 'arn:aws:s3:::an-example-bucket'

  const own = await standingOf('itself', backup, sourceArn)
  const without = await standingOf('itself', backup, bucket)
  const foreign = await standingOf('itself', backup, sourceArn.replace(account, '444455556666'))

  assert.deepEqual(own.path, { ...servicePath, sourceArn })
  assert.deepEqual(without.path, { ...servicePath, sourceArn: bucket })
  assert.deepEqual(foreign, refusedFor(`${name} may not act for resources of account 444455556666`))
})
