// A pair of RSA keys takes seconds, and may wait for longer: what is done to its key in that time counts.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { SlowWork } from '../../src/crypto/index.ts'
import { disableKey, openKeys } from '../../src/keys/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { IamRoom, region, start } from '../iam/iam-room.ts'
import { noPrincipals } from '../no-principals.ts'

const room = await IamRoom.open()
after(() => room[Symbol.asyncDispose]())
const { store, random, keyRing } = room
const keys = openKeys({ store, keyRing })
const threads = boundedWork(1)
after(() => threads[Symbol.asyncDispose]())

async function run<Output>(name: string, input: object, work: SlowWork = threads): Promise<Output> {
  const prepared = await kmsService.operations.get(name)!.prepare(input, room.scope(), {
    keys,
    authorizer: { authorize: async () => ({ allowed: true, decisions: [], refusedByEndpointOnly: false }) },
    principals: noPrincipals,
    attestationRoots: [],
    random,
    work,
    clock: { now: () => start },
  })
  const { output, commit } = await prepared.run()
  if (commit !== undefined) await store.commit(commit)
  return output as Output
}

for (const name of ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext']) {
  test(`${name} gives nothing that is encrypted by a key that was disabled while the pair was made`, async () => {
    const { KeyMetadata } = await run<{ KeyMetadata: { KeyId: string; Arn: string } }>('CreateKey', {})
    const { KeyId, Arn } = KeyMetadata
    const disableIt = async (): Promise<void> => {
      await store.commit({ writes: disableKey((await keys.findKey(region, KeyId))!) })
    }
    const work: SlowWork = {
      run: job => threads.run(job),
      compute: (computation, input) => disableIt().then(() => threads.compute(computation, input)),
      forAccount: () => work,
    }

    await assert.rejects(run(name, { KeyId, KeyPairSpec: 'RSA_2048' }, work), {
      code: 'DisabledException',
      message: `${Arn} is disabled.`,
    })
  })
}
