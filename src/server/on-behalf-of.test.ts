import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { onBehalfOfHeader, readOnBehalfOf } from './on-behalf-of.ts'
import type { Behalf } from './on-behalf-of.ts'

const read = (value: string, signedHeaders: readonly string[] = ['host', onBehalfOfHeader]): Behalf | undefined =>
  readOnBehalfOf({
    headers: new Map([
      ['host', 'localhost'],
      [onBehalfOfHeader, value],
    ]),
    signedHeaders,
  })

test('readOnBehalfOf() finds nothing where no header of ours is sent', () => {
  const headers = new Map([
    ['host', 'localhost'],
    ['x-forwarded-for', '192.0.2.1'],
    ['x-poster', 'a'],
  ])

  assert.equal(readOnBehalfOf({ headers, signedHeaders: ['host'] }), undefined)
})

test('readOnBehalfOf() reads a user, a session and the service itself', () => {
  const arn = 'arn:aws:iam::111122223333:user/team/ada'

  assert.deepEqual(read(`user ${arn}`), { kind: 'user', arn })
  assert.deepEqual(read('session P2+/a=='), { kind: 'session', token: 'P2+/a==' })
  assert.deepEqual(read('itself'), { kind: 'itself' })
})

test('readOnBehalfOf() takes no header that was not signed, whatever it says', () => {
  for (const value of ['itself', 'user arn:aws:iam::111122223333:user/ada', 'nonsense', '']) {
    assert.deepEqual(read(value, ['host']), { kind: 'faulty', reason: `the header ${onBehalfOfHeader} must be signed` })
  }
})

test('readOnBehalfOf() takes no other header of ours, signed or not, for nothing', () => {
  for (const name of ['x-postern-as-service', 'x-postern-on-behalf-of-token', 'x-postern-']) {
    const headers = new Map([
      [name, 'a'],
      [onBehalfOfHeader, 'itself'],
    ])
    for (const signedHeaders of [[], [name, onBehalfOfHeader]]) {
      assert.deepEqual(readOnBehalfOf({ headers, signedHeaders }), {
        kind: 'faulty',
        reason: `there is no header ${name}`,
      })
    }
  }
})

test('readOnBehalfOf() gives no text that is not whole as it was sent', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('user ', 'session ', 'user', 'itself', ''),
      (rest, start) => {
        const value = start + rest
        const behalf = read(value)
        const again = (found: Behalf | undefined): string | undefined => {
          if (found?.kind === 'user') return `user ${found.arn}`
          if (found?.kind === 'session') return `session ${found.token}`
          return found?.kind
        }
        assert.ok(behalf?.kind === 'faulty' || again(behalf) === value)
      },
    ),
    { seed: 20_261_125, numRuns: 500 },
  )
})
