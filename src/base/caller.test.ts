import assert from 'node:assert/strict'
import { test } from 'node:test'
import { principalArn } from './caller.ts'
import type { RoleSessionCaller, UserCaller } from './caller.ts'

const account = '111122223333'

test("principalArn() of a user is the user's own", () => {
  const arn = `arn:aws:iam::${account}:user/team/app`
  const user: UserCaller = {
    kind: 'user',
    account,
    arn,
    userId: 'AIDA',
    userName: 'app',
    accessKeyId: 'AKIA',
    tags: {},
  }

  assert.equal(principalArn(user), arn)
})

test("principalArn() of a role session is the role's, with its path", () => {
  const session: RoleSessionCaller = {
    kind: 'role-session',
    account,
    arn: `arn:aws:sts::${account}:assumed-role/Administrator/ada`,
    userId: 'AROA:ada',
    accessKeyId: 'ASIA',
    tags: {},
    roleArn: `arn:aws:iam::${account}:role/ops/Administrator`,
    roleId: 'AROA',
    roleName: 'Administrator',
    sessionName: 'ada',
    issuedAt: 0,
    expiresAt: 1,
  }

  assert.equal(principalArn(session), `arn:aws:iam::${account}:role/ops/Administrator`)
})
