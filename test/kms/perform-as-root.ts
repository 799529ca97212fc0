// Operations of KMS on the keys of a room, by the root user of their account and without asking for permission.
import assert from 'node:assert/strict'
import type { Authorizer } from '../../src/authorization/index.ts'
import { accountRootArn } from '../../src/base/index.ts'
import { kmsService } from '../../src/services/index.ts'
import type { PreparedOperation } from '../../src/services/operation.ts'
import { account, region } from '../keys/key-room.ts'
import type { KeyRoom } from '../keys/key-room.ts'
import { noPrincipals } from '../no-principals.ts'

const authorizer: Authorizer = { authorize: () => assert.fail('not asked here') }

/** Prepares an operation in a Region, at the room's time. */
export function prepareAsRoot(room: KeyRoom, name: string, input: object, at = region): Promise<PreparedOperation> {
  const { keys, random, work, now } = room
  const clock = { now: () => room.now }
  const needs = { keys, random, work, authorizer, principals: noPrincipals, attestationRoots: [], clock }
  const arn = accountRootArn(account)
  const caller = { kind: 'root', account, arn, userId: account, accessKeyId: '', tags: {}, issuedAt: now } as const
  const path = { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true } as const
  return kmsService.operations.get(name)!.prepare(input, { requestId: 'request', region: at, caller, path, now }, needs)
}

/** Performs an operation: its answer, once what it changes is stored. */
export async function performAsRoot(room: KeyRoom, name: string, input: object, at = region): Promise<unknown> {
  const prepared = await prepareAsRoot(room, name, input, at)
  const { output, commit } = await prepared.run()
  if (commit !== undefined) await room.store.commit(commit)
  return output
}
