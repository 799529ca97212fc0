import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { PrincipalTag } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { Page, StoredRecord } from '../../storage/index.ts'
import { pageOfAll, pageOfRecords } from './paging.ts'
import { tagPosition } from './tags/tag-values.ts'

const fixed = { seed: 20_261_124 }
const itself = (item: string): string => item

interface Walk<T> {
  readonly limit: number
  readonly positionOf: (item: T) => string
  /** What happens to the list between two pages; nothing if not given. */
  readonly between?: (all: readonly T[], shown: readonly T[]) => readonly T[]
}

/** All items of a list, a page after the other. */
function walk<T>(all: readonly T[], { limit, positionOf, between = rest => rest }: Walk<T>): readonly T[] {
  const shown: T[] = []
  let rest = all
  let marker: string | undefined
  do {
    const { items, answer } = pageOfAll(rest, { Marker: marker, MaxItems: limit }, positionOf)
    assert.ok(items.length <= limit)
    assert.ok(answer.Marker === undefined || answer.Marker.length <= 320, 'a marker is one that the API takes')
    shown.push(...items)
    rest = between(rest, items)
    marker = answer.Marker
  } while (marker !== undefined)
  return shown
}

test('pageOfAll() gives every item once and in order, whatever the size of the pages', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 50 })

  const isWhole = fc.property(names, fc.integer({ min: 1, max: 60 }), (all, limit) => {
    assert.deepEqual(walk(all, { limit, positionOf: itself }), all.toSorted())
  })

  fc.assert(isWhole, fixed)
})

test('pageOfAll() leaves nothing out where each page is removed before the next is asked for', () => {
  const all = ['c', 'a', 'e', 'b', 'd']

  const shown = walk(all, {
    limit: 2,
    positionOf: itself,
    between: (rest, removed) => rest.filter(item => !removed.includes(item)),
  })

  assert.deepEqual(shown, ['a', 'b', 'c', 'd', 'e'])
})

test('pageOfAll() pages through tags in the order of their keys, however long the keys are', () => {
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 128 }),
    fc.string({ unit: fc.constantFrom('鍵', '😀'), minLength: 50, maxLength: 64 }),
    fc.string({ unit: fc.constantFrom('a'), minLength: 60, maxLength: 70 }),
  )
  const tags = fc
    .uniqueArray(key, { maxLength: 50, selector: text => text.toLowerCase() })
    .map(keys => keys.map((text): PrincipalTag => ({ key: text, value: '' })))

  const isWhole = fc.property(tags, fc.integer({ min: 1, max: 60 }), (all, limit) => {
    const shown = walk(all, { limit, positionOf: tagPosition })
    assert.deepEqual(new Set(shown), new Set(all))
    assert.equal(shown.length, all.length)
    const short = shown.map(tag => tag.key.toLowerCase()).filter(text => text.length <= 64)
    assert.deepEqual(short, short.toSorted())
  })

  fc.assert(isWhole, { ...fixed, numRuns: 500 })
})

test('pageOfRecords() fills its pages with what is wanted, however far apart that is, and gives each once', async () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 60 })

  const isWhole = fc.asyncProperty(
    ids,
    fc.integer({ min: 1, max: 20 }),
    fc.nat({ max: 25 }),
    async (all, limit, rare) => {
      const sorted = all.toSorted()
      const isWanted = (id: string): boolean => id.charCodeAt(0) - 97 >= rare
      const read = async ({ after = '', limit: most = 1_000 }: Page): Promise<readonly StoredRecord<string>[]> =>
        sorted
          .filter(id => id > after)
          .slice(0, most)
          .map(id => ({ id, version: 1, value: id }))
      const shown: string[] = []
      let marker: string | undefined
      do {
        const { items, answer } = await pageOfRecords(read, { Marker: marker, MaxItems: limit }, isWanted)
        assert.equal(items.length === limit || answer.Marker === undefined, true, 'only the last page is short')
        assert.equal(answer.IsTruncated, answer.Marker !== undefined)
        shown.push(...items)
        marker = answer.Marker
      } while (marker !== undefined)
      assert.deepEqual(shown, sorted.filter(isWanted))
    },
  )

  await fc.assert(isWhole, fixed)
})

test('pageOfAll() refuses a marker that is none, also of an empty list', () => {
  for (const all of [[], ['a']]) {
    assert.throws(
      () => pageOfAll(all, { Marker: 'garbage' }, itself),
      (error: unknown) =>
        error instanceof ServiceError && error.code === 'ValidationError' && error.message === 'Invalid Marker.',
    )
  }
})
