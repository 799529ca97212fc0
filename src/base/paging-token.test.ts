import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodePagingToken, parsePagingToken } from './paging-token.ts'

const fixed = { seed: 20_261_124 }

test('parsePagingToken() gives the position that encodePagingToken() was given', () => {
  const givesBack = fc.property(fc.string({ unit: 'grapheme' }), position => {
    assert.equal(parsePagingToken(encodePagingToken(position)), position)
  })

  fc.assert(givesBack, fixed)
})

test('encodePagingToken() uses only characters that need no escape in a URL or a shell', () => {
  assert.match(encodePagingToken('arn:aws:kms:~?>ÿ'), /^[\w-]+$/)
})

test('parsePagingToken() takes no text but the ones that encodePagingToken() gives', () => {
  const anyToken = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.uint8Array().map(bytes => Buffer.from(bytes).toString('base64url')),
    fc.uint8Array().map(bytes => Buffer.concat([Buffer.from('1'), bytes]).toString('base64url')),
  )

  const takesOnlyOwn = fc.property(anyToken, token => {
    const position = parsePagingToken(token)
    if (position !== undefined) assert.equal(encodePagingToken(position), token)
  })

  fc.assert(takesOnlyOwn, { ...fixed, numRuns: 500 })
})

test('parsePagingToken() refuses another form, padding, blanks and cut tokens', () => {
  const token = encodePagingToken('position')
  const others = ['', `${token}=`, ` ${token}`, token.slice(1), Buffer.from('2position').toString('base64url'), 'McM']

  for (const other of others) assert.equal(parsePagingToken(other), undefined, other)
})
