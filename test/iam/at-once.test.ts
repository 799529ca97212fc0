// Requests that are decided at once and must not both happen: each meets the other's change as a conflict, and starts over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConflictError } from '../../src/storage/index.ts'
import { IamRoom, someDocument } from './iam-room.ts'

async function openRoom(): Promise<{ readonly room: IamRoom; readonly PolicyArn: string }> {
  const room = await IamRoom.open()
  await room.do('CreateUser', { UserName: 'ann' })
  await room.do('CreateGroup', { GroupName: 'staff' })
  const made = await room.do<{ Policy: { Arn: string } }>('CreatePolicy', {
    PolicyName: 'p',
    PolicyDocument: someDocument,
  })
  return { room, PolicyArn: made.Policy.Arn }
}

type Request = readonly [name: string, input: object]

/** Decides both before either is committed, then commits them in this order. */
async function commitBoth(room: IamRoom, requests: readonly [Request, Request]): Promise<void> {
  const [first, second] = await Promise.all(
    requests.map(async ([name, input]) => (await (await room.prepare(name, input)).run()).commit!),
  )
  await room.store.commit(first!)
  await room.store.commit(second!)
}

const pairs = (PolicyArn: string): readonly (readonly [Request, Request])[] => [
  [
    ['AttachUserPolicy', { UserName: 'ann', PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
  ],
  [
    ['AttachGroupPolicy', { GroupName: 'staff', PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
  ],
  [
    ['AttachRolePolicy', { RoleName: 'Administrator', PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
  ],
  [
    ['PutUserPermissionsBoundary', { UserName: 'ann', PermissionsBoundary: PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
  ],
  [
    ['CreateUser', { UserName: 'bob', PermissionsBoundary: PolicyArn }],
    ['DeletePolicy', { PolicyArn }],
  ],
  [
    ['AddUserToGroup', { UserName: 'ann', GroupName: 'staff' }],
    ['DeleteGroup', { GroupName: 'staff' }],
  ],
  [
    ['AddUserToGroup', { UserName: 'ann', GroupName: 'staff' }],
    ['DeleteUser', { UserName: 'ann' }],
  ],
  [
    ['AddUserToGroup', { UserName: 'ann', GroupName: 'staff' }],
    ['UpdateUser', { UserName: 'ann', NewUserName: 'bob' }],
  ],
  [
    ['CreateAccessKey', { UserName: 'ann' }],
    ['UpdateUser', { UserName: 'ann', NewUserName: 'bob' }],
  ],
  [
    ['CreateAccessKey', { UserName: 'ann' }],
    ['DeleteUser', { UserName: 'ann' }],
  ],
  [
    ['CreateUser', { UserName: 'bob' }],
    ['UpdateUser', { UserName: 'ann', NewUserName: 'BOB' }],
  ],
  [
    ['CreateUser', { UserName: 'bob' }],
    ['CreateUser', { UserName: 'BOB' }],
  ],
  [
    ['CreateGroup', { GroupName: 'ops' }],
    ['CreateGroup', { GroupName: 'OPS' }],
  ],
]

for (const [index, [[first], [second]]] of pairs('').entries()) {
  for (const order of ['first', 'second']) {
    test(`${first} and ${second} decided at once do not both happen, with the ${order} committed first`, async () => {
      const { room, PolicyArn } = await openRoom()
      const [one, other] = pairs(PolicyArn)[index]!

      await assert.rejects(commitBoth(room, order === 'first' ? [one, other] : [other, one]), ConflictError)
    })
  }
}
