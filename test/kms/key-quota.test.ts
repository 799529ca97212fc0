// As many keys as AWS gives an account in a Region, and no more.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kmsService } from '../../src/services/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { noPrincipals } from '../no-principals.ts'
import { alice } from '../services/typical-callers.ts'

for (const [count, isRefused] of [
  [99_999, false],
  [100_000, true],
] as const) {
  test(`CreateKey ${isRefused ? 'is refused' : 'makes one more'} where there are ${count} keys`, async () => {
    const { keys, random, now } = new KeyRoom(await openMemoryStore())
    const full = new Proxy(keys, {
      get: (target, name) => {
        if (name === 'countCustomerKeys') return async () => count
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const authorizer = { authorize: () => assert.fail('not asked here') }
    const needs = {
      keys: full,
      authorizer,
      principals: noPrincipals,
      attestationRoots: [],
      random,
      work: boundedWork(1),
      clock: { now: () => now },
    }
    const path = { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true } as const
    const scope = { requestId: 'request', region, caller: { ...alice, account }, path, now }

    const { run } = await kmsService.operations.get('CreateKey')!.prepare({}, scope, needs)

    if (isRefused) await assert.rejects(run(), { code: 'LimitExceededException' })
    else assert.ok((await run()).commit !== undefined)
  })
}
