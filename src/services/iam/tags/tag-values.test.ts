import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeTags, removeTags } from './tag-values.ts'

const present = [{ key: 'risk', value: 'high' }]
// The Kelvin sign: lower case makes it a "k", but conditions on aws:RequestTag and aws:PrincipalTag do not.
const alike = 'ris\u212a'

test('mergeTags() replaces the tag of a key in whatever case, and none that is another one to policies', () => {
  assert.deepEqual(mergeTags(present, [{ Key: 'RISK', Value: 'low' }]), [{ key: 'RISK', value: 'low' }])
  assert.deepEqual(mergeTags(present, [{ Key: alike, Value: 'low' }]), [...present, { key: alike, value: 'low' }])
})

test('removeTags() removes the tag of a key in whatever case, and none that is another one to policies', () => {
  assert.deepEqual(removeTags(present, ['RISK']), [])
  assert.deepEqual(removeTags(present, [alike]), present)
})
