// CreateKey asks everything before it makes material: what is refused has cost nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authorizer } from '../../src/authorization/index.ts'
import { ServiceError } from '../../src/base/index.ts'
import type { SlowWork } from '../../src/crypto/index.ts'
import { defaultKeyPolicy } from '../../src/keys/index.ts'
import { kmsService } from '../../src/services/index.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import { KeyRoom, account, region } from '../keys/key-room.ts'
import { noPrincipals } from '../no-principals.ts'
import { alice } from '../services/typical-callers.ts'

/** Slow work that nobody may ask for. */
const noWork: SlowWork = {
  run: () => assert.fail('work was begun'),
  compute: () => assert.fail('work was begun'),
  forAccount: () => noWork,
}

/** Whether the lockout check finds that the caller could still change the policy. */
const lockout = (allowed: boolean): Authorizer => ({
  authorize: async () =>
    ({
      allowed,
      decisions: [],
      refusedByEndpointOnly: false,
      ...(allowed ? {} : { refusal: { message: 'no', layer: 'key-policy' } }),
    }) as never,
})

async function createKey(input: object, authorizer: Authorizer, work?: SlowWork): Promise<unknown> {
  const { keys, random, now, work: own } = new KeyRoom(await openMemoryStore())
  const needs = {
    keys,
    authorizer,
    principals: noPrincipals,
    attestationRoots: [],
    random,
    work: work ?? own,
    clock: { now: () => now },
  }
  const path = { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true } as const
  const scope = { requestId: 'request', region, caller: { ...alice, account }, path, now }
  const { run } = await kmsService.operations.get('CreateKey')!.prepare(input, scope, needs)
  return (await run()).output
}

const rsa = { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }
const Policy = defaultKeyPolicy(account)

for (const [why, input, code] of [
  ['its policy locks its maker out', { ...rsa, Policy }, 'MalformedPolicyDocumentException'],
  ['its policy is none', { ...rsa, Policy: '{}' }, 'MalformedPolicyDocumentException'],
  [
    'a tag is given twice',
    {
      ...rsa,
      Tags: [
        { TagKey: 'a', TagValue: '' },
        { TagKey: 'a', TagValue: '' },
      ],
    },
    'TagException',
  ],
  ['its usage is not of its spec', { KeySpec: 'RSA_4096', KeyUsage: 'KEY_AGREEMENT' }, 'ValidationException'],
  ['it is to be in a custom key store', { ...rsa, CustomKeyStoreId: 'cks-0' }, 'ValidationException'],
  [
    'both names of the spec are given, and differ',
    { ...rsa, CustomerMasterKeySpec: 'RSA_2048' },
    'ValidationException',
  ],
] as const) {
  test(`CreateKey makes no material for a key that is refused, because ${why}`, async () => {
    await assert.rejects(
      createKey(input, lockout(false), noWork),
      (error: unknown) => error instanceof ServiceError && error.code === code,
    )
  })
}

test('CreateKey makes the material of a key that nothing is wrong with', async () => {
  const curve = { KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT', CustomerMasterKeySpec: 'ECC_NIST_P384', Policy }

  const { KeyMetadata } = (await createKey(curve, lockout(true))) as { readonly KeyMetadata: Record<string, unknown> }

  assert.equal(KeyMetadata['KeySpec'], 'ECC_NIST_P384')
  assert.deepEqual(KeyMetadata['KeyAgreementAlgorithms'], ['ECDH'])
  await assert.rejects(createKey(curve, lockout(true), noWork), /work was begun/)
})
