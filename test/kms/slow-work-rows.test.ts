// Slow work waits in a row of its own for each account: one that asks for much locks nobody out.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SlowWorkFullError } from '../../src/crypto/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { noPrincipals } from '../no-principals.ts'
import { alice } from '../services/typical-callers.ts'

const work = boundedWork(1, { long: { waiting: 6, waitingPerAccount: 2 } })
after(() => work[Symbol.asyncDispose]())
const { keys, random, now } = new KeyRoom(await openMemoryStore())

async function createRsaKey(owner: string): Promise<string> {
  const needs = {
    keys,
    authorizer: { authorize: () => assert.fail('not asked here') },
    principals: noPrincipals,
    attestationRoots: [],
    random,
    work,
    clock: { now: () => now },
  }
  const path = { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true } as const
  const scope = { requestId: 'request', region, caller: { ...alice, account: owner }, path, now }
  const input = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }
  await (await kmsService.operations.get('CreateKey')!.prepare(input, scope, needs)).run()
  return owner
}

test('[I72] CreateKey of an account that has too many RSA keys in the making is refused, and that of another is not', async () => {
  const other = '444455556666'

  const asked = await Promise.allSettled([...Array.from({ length: 5 }, () => account), other].map(createRsaKey))

  const made = asked.filter(each => each.status === 'fulfilled').map(({ value }) => value)
  const refusals = asked.filter(each => each.status === 'rejected').map(({ reason }): unknown => reason)
  // One that is being made, and two that wait.
  assert.deepEqual(made, [account, account, account, other])
  assert.equal(refusals.length, 2)
  for (const refusal of refusals) assert.ok(refusal instanceof SlowWorkFullError)
})
