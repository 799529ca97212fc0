import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMillis } from '../base/index.ts'
import type { PrincipalTag, RoleValue } from './account-records.ts'
import { roleSessionCaller } from './callers.ts'

const [account, now] = ['111122223333', Date.UTC(2026, 10, 25)]
// Lower case makes it a "k", but policies do not.
const kelvin = '\u212a'

/** The principal tags of a session of a role. */
function tagsOf(roleTags: Readonly<Record<string, string>>, tags: Readonly<Record<string, string>>): object {
  const role: RoleValue = {
    account,
    roleName: 'app',
    path: '/',
    roleId: 'AROAEXAMPLE',
    arn: `arn:aws:iam::${account}:role/app`,
    createdAt: now,
    trustPolicy: '',
    maxSessionSeconds: 3_600,
    tags: Object.entries(roleTags).map(([key, value]): PrincipalTag => ({ key, value })),
    policies: [],
  }
  const { roleName, roleId } = role
  const times = { issuedAt: now, expiresAt: now + hourMillis }
  const holder = { kind: 'role', account, roleName, roleId, sessionName: 's', accessKeyId: 'ASIAEXAMPLE' } as const
  return { ...roleSessionCaller(role, { ...holder, ...times, tags }).tags }
}

test("roleSessionCaller() has a session tag in place of the role's of that key, in whatever case", () => {
  assert.deepEqual(tagsOf({ Risk: 'high', team: 'a' }, { RISK: 'low' }), { RISK: 'low', team: 'a' })
})

test("roleSessionCaller() keeps the role's tag whose key is another one to policies, however much alike", () => {
  const key = `ris${kelvin}`

  assert.deepEqual(tagsOf({ risk: 'high' }, { [key]: 'low' }), { risk: 'high', [key]: 'low' })
})
