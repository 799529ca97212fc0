import assert from 'node:assert/strict'
import { test } from 'node:test'
import { named, pageOf } from './filters.ts'

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
