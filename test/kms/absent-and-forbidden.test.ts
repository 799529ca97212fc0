// What another account has and what it has not are refused alike: in words (test/scenarios), in work and in time.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createAccount, openAccounts } from '../../src/accounts/index.ts'
import { createAuthorizer } from '../../src/authorization/index.ts'
import type { Authorizer } from '../../src/authorization/index.ts'
import type { Caller } from '../../src/base/index.ts'
import { encryptBlob } from '../../src/crypto/index.ts'
import { openKeys } from '../../src/keys/index.ts'
import { kmsService, stsService } from '../../src/services/index.ts'
import type { RequestScope } from '../../src/services/index.ts'
import type { Store } from '../../src/storage/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { IamRoom, account, region, rootCaller, start } from '../iam/iam-room.ts'
import { noPrincipals } from '../no-principals.ts'
import { alice } from '../services/typical-callers.ts'

const other = '444455556666'
const otherRoot: Caller = { ...rootCaller, account: other, arn: `arn:aws:iam::${other}:root`, userId: other }
const stranger: Caller = { ...alice, userId: 'AIDASTRANGER', arn: `arn:aws:iam::${account}:user/stranger` }
const missingId = '00000000-0000-4000-8000-000000000000'
const foreignArn = (resource: string): string => `arn:aws:kms:${region}:${other}:${resource}`
const roleArn = (name: string): string => `arn:aws:iam::${other}:role/${name}`

const room = await IamRoom.open()
after(() => room[Symbol.asyncDispose]())
const { store, random, keyRing } = room
const clock = { now: () => start }
const work = boundedWork(1)
await store.commit({ writes: createAccount(other, 'other', { random, now: start }).writes })

/** A server's rooms with nothing in memory, over a store that counts what is read. */
function openWorld() {
  const counted = { reads: 0 }
  const watched = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: readonly unknown[]): unknown => {
        if (name === 'get' || name === 'find' || name === 'count' || name === 'list') counted.reads++
        return Reflect.apply(member, target, given)
      }
    },
  }) satisfies Store
  const keys = openKeys({ store: watched, keyRing })
  const accounts = openAccounts({ store: watched, keyRing, random, clock })
  const authorizer = createAuthorizer({
    policiesOf: async () => ({ identity: [] }),
    endpointPolicy: async () => undefined,
    isOpenAccount: id => accounts.isOpen(id),
    organizationMembers: async () => undefined,
  })
  return { counted, keys, accounts, authorizer }
}

type World = ReturnType<typeof openWorld>

const saving: Authorizer = {
  authorize: async () => ({ allowed: true, decisions: [], refusedByEndpointOnly: false }),
}

async function prepare(world: World, name: string, input: object, scope: RequestScope) {
  const { keys, accounts } = world
  if (name !== 'AssumeRole')
    return kmsService.operations.get(name)!.prepare(input, scope, {
      keys,
      authorizer: saving,
      principals: noPrincipals,
      attestationRoots: [],
      random,
      work,
      clock,
    })
  const refusalMessages = { encode: () => '', decode: () => undefined } as never
  return stsService.operations.get(name)!.prepare(input, scope, { accounts, refusalMessages })
}

async function make<Output>(name: string, input: object): Promise<Output> {
  const { output, commit } = await (await prepare(openWorld(), name, input, room.scope(otherRoot))).run()
  if (commit !== undefined) await store.commit(commit)
  return output as Output
}

const { KeyMetadata } = await make<{ KeyMetadata: { KeyId: string } }>('CreateKey', { Description: 'theirs' })
const keyId = KeyMetadata.KeyId
await make('CreateAlias', { AliasName: 'alias/theirs', TargetKeyId: keyId })
// Grants to others, so that the key is one of those that are looked through.
const grantee = otherRoot.arn
await make('CreateGrant', { KeyId: keyId, GranteePrincipal: grantee, Operations: ['Decrypt'] })
const entry = (await openWorld().keys.findKey(region, keyId))!
const material = (await openWorld().keys.secretMaterial(entry.key))!
const sealedFor = (id: string): Buffer => encryptBlob(id, material, Buffer.from('text'), {}, random)

/** Requests for what is there and what is not, by what they have in common. */
const pairs: readonly (readonly [claim: string, name: string, there: object, absent: object])[] = [
  [
    'a key by its ARN',
    'Encrypt',
    { KeyId: foreignArn(`key/${keyId}`), Plaintext: Buffer.from('text') },
    { KeyId: foreignArn(`key/${missingId}`), Plaintext: Buffer.from('text') },
  ],
  [
    'a key by an alias',
    'GenerateDataKey',
    { KeyId: foreignArn('alias/theirs'), KeySpec: 'AES_256' },
    { KeyId: foreignArn('alias/absent'), KeySpec: 'AES_256' },
  ],
  [
    'the key of a ciphertext',
    'Decrypt',
    { CiphertextBlob: sealedFor(keyId) },
    { CiphertextBlob: sealedFor(missingId) },
  ],
  [
    'a key that is only read of',
    'DescribeKey',
    { KeyId: foreignArn(`key/${keyId}`) },
    { KeyId: foreignArn(`key/${missingId}`) },
  ],
  [
    'a key to be granted',
    'CreateGrant',
    { KeyId: foreignArn(`key/${keyId}`), GranteePrincipal: alice.arn, Operations: ['Decrypt'] },
    { KeyId: foreignArn(`key/${missingId}`), GranteePrincipal: alice.arn, Operations: ['Decrypt'] },
  ],
  [
    'a key and the account that it is not of',
    'Encrypt',
    { KeyId: foreignArn(`key/${keyId}`), Plaintext: Buffer.from('text') },
    { KeyId: foreignArn(`key/${keyId}`).replace(other, '999999999999'), Plaintext: Buffer.from('text') },
  ],
  [
    'a role to be assumed',
    'AssumeRole',
    { RoleArn: roleArn('PosternAdministrator'), RoleSessionName: 'session' },
    { RoleArn: roleArn('Absent'), RoleSessionName: 'session' },
  ],
]

async function ask(world: World, name: string, input: object): Promise<string> {
  const scope = room.scope(stranger)
  try {
    const { checks } = await prepare(world, name, input, scope)
    if (checks === 'no permission needed') throw new TypeError('Somebody must be asked')
    const { allowed, refusal } = await world.authorizer.authorize(scope, checks)
    assert.equal(allowed, false)
    return refusal!.message
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.message
    throw error
  }
}

/** How often the store is read for the same request twice in a world where nothing was asked yet. */
async function readsOf(name: string, input: object): Promise<readonly number[]> {
  const world = openWorld()
  const reads: number[] = []
  for (const _ of ['first', 'second']) {
    world.counted.reads = 0
    await ask(world, name, input)
    reads.push(world.counted.reads)
  }
  return reads
}

for (const [claim, name, there, absent] of pairs) {
  test(`[C36] ${name}: ${claim} is refused with as many reads whether it is there or not, and the next time with none`, async () => {
    const found = await readsOf(name, there)
    const missed = await readsOf(name, absent)

    assert.deepEqual(missed, found)
    assert.ok(found[0]! > 0)
    assert.equal(found[1], 0)
  })
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]!

/** Medians of what both take, asked in turns so that what else the machine does falls on both. */
async function timesOf(world: World, name: string, there: object, absent: object): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []]
  for (let turn = 0; turn < 3_000; turn++) {
    const which = turn % 4 === 0 || turn % 4 === 3 ? 0 : 1
    const input = which === 0 ? there : absent
    const from = performance.now()
    await ask(world, name, input)
    times[which].push(performance.now() - from)
  }
  return [median(times[0]), median(times[1])]
}

const rounds = 12
/** A read of the store alone costs more than that, and so does making what stands for a key. */
const noise = 0.03

for (const [claim, name, there, absent] of pairs) {
  test(`[C36] ${name}: ${claim} is refused as fast whether it is there or not`, async () => {
    const world = openWorld()
    const differences: number[] = []
    // A difference that is there shows in every round; one of the machine's moods does not.
    for (let round = 0; round < rounds; round++) {
      const [found, missed] = await timesOf(world, name, there, absent)
      const difference = Math.abs(found - missed) / Math.min(found, missed)
      if (difference <= noise) return
      differences.push(difference)
    }
    assert.fail(`differs in every round, by ${differences.map(each => each.toFixed(2)).join(', ')}`)
  })
}
