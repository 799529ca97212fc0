import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../base/index.ts'
import type { KeyTag } from './key-records.ts'
import { checkTags, mergeTags, withoutTags } from './key-tags.ts'

const tagsOf = (count: number, prefix = 'key'): KeyTag[] =>
  Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, value: 'v' }))

const isTagException =
  (message: string) =>
  (error: unknown): boolean =>
    error instanceof ServiceError && error.code === 'TagException' && error.message === message

test('checkTags() takes 50 tags and no more', () => {
  checkTags(tagsOf(50))

  assert.throws(() => checkTags(tagsOf(51)), isTagException('Too many tags'))
})

test('checkTags() refuses a key twice; keys that differ in case are two', () => {
  checkTags([...tagsOf(1, 'a'), ...tagsOf(1, 'A')])

  assert.throws(() => checkTags([...tagsOf(2), ...tagsOf(1)]), isTagException('Duplicate tag keys'))
})

for (const key of ['aws:', 'aws:created', 'AWS:x', 'Aws:x']) {
  test(`checkTags() and withoutTags() refuse the reserved key ${key}`, () => {
    const isReserved = isTagException('Tags beginning with aws: are reserved')

    assert.throws(() => checkTags([{ key, value: '' }]), isReserved)
    assert.throws(() => withoutTags([], [key]), isReserved)
  })
}

test('checkTags() takes keys that only look reserved', () => {
  checkTags([
    { key: 'aws', value: '' },
    { key: ' aws:x', value: '' },
    { key: 'xaws:', value: '' },
  ])
})

test('mergeTags() replaces a value, keeps the others and adds the new', () => {
  const merged = mergeTags(
    [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ],
    [
      { key: 'c', value: '3' },
      { key: 'a', value: '4' },
    ],
  )

  assert.deepEqual(Object.fromEntries(merged.map(({ key, value }) => [key, value])), { a: '4', b: '2', c: '3' })
})

test('mergeTags() counts the tags that are there already', () => {
  assert.equal(mergeTags(tagsOf(49), tagsOf(1, 'new')).length, 50)
  assert.equal(mergeTags(tagsOf(50), tagsOf(50)).length, 50)
  assert.throws(() => mergeTags(tagsOf(50), tagsOf(1, 'new')), isTagException('Too many tags'))
})

test('withoutTags() removes the named tags, and asks nothing of names that are not there', () => {
  assert.deepEqual(withoutTags(tagsOf(3), ['key0', 'key2', 'nothing', 'KEY1']), [{ key: 'key1', value: 'v' }])
})
