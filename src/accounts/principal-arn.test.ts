import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrincipalArn } from './principal-arn.ts'

const account = '111122223333'

test('parsePrincipalArn() reads users and roles, with and without a path', () => {
  assert.deepEqual(parsePrincipalArn(`arn:aws:iam::${account}:user/ada`), { kind: 'user', account, name: 'ada' })
  assert.deepEqual(parsePrincipalArn(`arn:aws:iam::${account}:role/team/a/app`), { kind: 'role', account, name: 'app' })
})

for (const text of [
  '',
  'ada',
  `arn:aws:iam::${account}:root`,
  `arn:aws:iam::${account}:user/`,
  `arn:aws:iam::${account}:user/team/`,
  `arn:aws:iam::${account}:user//ada b`,
  `arn:aws:iam::${account}:group/ada`,
  `arn:aws:iam::${account}:user`,
  `arn:aws:iam::${account}:user/${'a'.repeat(65)}`,
  `arn:aws:iam::${account}:user/*`,
  `arn:aws:iam:us-west-2:${account}:user/ada`,
  `arn:aws:iam::1111:user/ada`,
  `arn:aws:iam::aws:user/ada`,
  `arn:aws-cn:iam::${account}:user/ada`,
  `arn:aws:sts::${account}:assumed-role/app/session`,
  `arn:aws:sts::${account}:federated-user/ada`,
  ` arn:aws:iam::${account}:user/ada`,
]) {
  test(`parsePrincipalArn() takes "${text.slice(0, 60)}" for no user or role`, () => {
    assert.equal(parsePrincipalArn(text), undefined)
  })
}
