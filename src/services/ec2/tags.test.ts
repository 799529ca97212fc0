import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeTags, specifiedTags } from './tags.ts'

const invalid = (message: string) => ({ code: 'InvalidParameterValue', message })
const key = '\u{1f511}'

test('mergeTags() takes a key of 128 characters and a value of 256, counted as characters', () => {
  const tag = { Key: key.repeat(128), Value: key.repeat(256) }

  const tags = mergeTags([], [tag])

  assert.deepEqual(tags, [{ key: tag.Key, value: tag.Value }])
})

test('mergeTags() refuses a key of 129 characters and a value of 257', () => {
  const longKey = { Key: 'k'.repeat(129), Value: '' }
  const longValue = { Key: 'k', Value: 'v'.repeat(257) }

  assert.throws(() => mergeTags([], [longKey]), invalid('Tag key exceeds the maximum length of 128 characters'))
  assert.throws(() => mergeTags([], [longValue]), invalid('Tag value exceeds the maximum length of 256 characters'))
})

test('mergeTags() refuses a key that is empty, absent or reserved', () => {
  const empty = invalid('Tag key cannot be empty')
  const reserved = invalid(`Tag keys starting with 'aws:' are reserved for internal use`)

  assert.throws(() => mergeTags([], [{ Key: '', Value: 'v' }]), empty)
  assert.throws(() => mergeTags([], [{ Value: 'v' }]), empty)
  assert.throws(() => mergeTags([], [{ Key: 'AWS:x', Value: 'v' }]), reserved)
})

test('mergeTags() refuses a key twice in one request; keys that differ in case are two', () => {
  const tags = mergeTags([], [{ Key: 'a', Value: '1' }, { Key: 'A' }])

  assert.deepEqual(tags, [
    { key: 'a', value: '1' },
    { key: 'A', value: '' },
  ])
  assert.throws(() => mergeTags([], [{ Key: 'a' }, { Key: 'a' }]), invalid(`Duplicate tag key 'a' specified.`))
})

test('mergeTags() replaces the value of a key that is there, and counts to 50', () => {
  const present = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: 'old' }))

  const replaced = mergeTags(present, [{ Key: 'k0', Value: 'new' }])

  assert.deepEqual(replaced[0], { key: 'k0', value: 'new' })
  assert.equal(replaced.length, 50)
  assert.throws(() => mergeTags(present, [{ Key: 'one more' }]), { code: 'TagLimitExceeded' })
})

test('specifiedTags() refuses tags for another type of resource', () => {
  const specification = { ResourceType: 'subnet', Tags: [{ Key: 'a', Value: 'b' }] }

  assert.throws(
    () => specifiedTags([specification], 'vpc'),
    invalid(`'subnet' is not a valid taggable resource type for this operation.`),
  )
})
