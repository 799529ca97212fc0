import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultVersionOf } from '../managed-policy.ts'
import { findAwsManagedPolicy, isAwsManagedPolicyArn } from './find-aws-managed-policy.ts'
import { awsManagedPolicies } from './table.ts'

test('the table has every file of the folder, by the name that the file has', () => {
  const files = readdirSync(join(import.meta.dirname, 'policies'))

  const names = [...awsManagedPolicies.values()].map(policy => `${policy.policyName}.json`)

  assert.deepEqual(names.sort(), files.sort())
})

test('no two policies have one id', () => {
  const ids = [...awsManagedPolicies.values()].map(policy => policy.policyId)

  assert.equal(new Set(ids).size, ids.length)
})

for (const [arn, policy] of awsManagedPolicies) {
  test(`${arn} compiles, and is a policy of AWS with an id, times and a version`, () => {
    const { policyName, path, policyId, createdAt, updatedAt, defaultVersionId, lastVersion } = policy

    const found = findAwsManagedPolicy(arn)

    assert.ok(found !== undefined && found.compiled.statements.length > 0)
    assert.equal(found.compiled.text, defaultVersionOf(policy).document)
    assert.ok(isAwsManagedPolicyArn(arn))
    assert.equal(arn, `arn:aws:iam::aws:policy${path}${policyName}`)
    assert.match(path, /^\/(?:[\w-]+\/)?$/)
    assert.match(policyId, /^ANPA[A-Z2-7]{17}$/)
    assert.ok(createdAt >= Date.UTC(2010, 0) && updatedAt >= createdAt && updatedAt <= Date.UTC(2026, 11))
    assert.equal(defaultVersionId, `v${lastVersion}`)
  })
}

test('findAwsManagedPolicy() finds no policy that AWS may have and the table has not', () => {
  const arn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess'

  assert.ok(isAwsManagedPolicyArn(arn))
  assert.equal(findAwsManagedPolicy(arn), undefined)
})

for (const arn of [
  'arn:aws:iam::aws:policy/administratoraccess',
  'arn:aws:iam::aws:policy/x/AdministratorAccess',
  '',
]) {
  test(`findAwsManagedPolicy() takes no other text for a policy's ARN: ${JSON.stringify(arn)}`, () => {
    assert.equal(findAwsManagedPolicy(arn), undefined)
  })
}
