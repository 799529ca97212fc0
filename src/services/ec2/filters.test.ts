import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyFilters, named, pageOf } from './filters.ts'

const things = ['a', 'b', 'c', 'd', 'e']

test('pageOf() gives all things in pages, in order', () => {
  const first = pageOf(things, { MaxResults: 2 }, 'DescribeVpcs')
  const second = pageOf(things, { MaxResults: 2, NextToken: first.answer.NextToken }, 'DescribeVpcs')
  const last = pageOf(things, { MaxResults: 2, NextToken: second.answer.NextToken }, 'DescribeVpcs')

  assert.deepEqual([first.shown, second.shown, last.shown], [['a', 'b'], ['c', 'd'], ['e']])
  assert.deepEqual(last.answer, {})
})

test('pageOf() refuses the token of another list', () => {
  const { answer } = pageOf(things, { MaxResults: 2 }, 'DescribeVpcs')

  assert.throws(() => pageOf(things, { NextToken: answer.NextToken }, 'DescribeSubnets'), { code: 'InvalidNextToken' })
})

for (const token of [
  '',
  'zzz',
  Buffer.from('12').toString('base64url'),
  Buffer.from('1DescribeVpcs -1').toString('base64url'),
]) {
  test(`pageOf() refuses the token "${token}"`, () => {
    assert.throws(() => pageOf(things, { NextToken: token }, 'DescribeVpcs'), { code: 'InvalidNextToken' })
  })
}

for (const wanted of [0, -5]) {
  test(`pageOf() refuses ${wanted} results`, () => {
    assert.throws(() => pageOf(things, { MaxResults: wanted }, 'DescribeVpcs'), { code: 'InvalidParameterValue' })
  })
}

test('named() gives a thing once that is named twice', () => {
  const chosen = named(things, ['b', 'a', 'b'], thing => thing, assert.fail)

  assert.deepEqual(chosen, ['b', 'a'])
})

const filter = (values: number) => ({ Name: 'name', Values: Array.from({ length: values }, () => 'a') })

for (const [what, filters] of [
  ['51 filters', Array.from({ length: 51 }, () => filter(1))],
  ['a filter of 201 values', [filter(201)]],
] as const) {
  test(`applyFilters() refuses ${what}`, () => {
    assert.throws(() => applyFilters([], filters, { name: () => [] }), { code: 'FilterLimitExceeded' })
  })
}

test('applyFilters() takes 50 filters of 200 values', () => {
  const filters = Array.from({ length: 50 }, () => filter(200))
  const thing = { tags: [], name: 'a' }

  assert.deepEqual(applyFilters([thing], filters, { name: one => [one.name] }), [thing])
})
