import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { onBehalfOfHeader, readOnBehalfOf, sourceArnHeader } from './on-behalf-of.ts'
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

const table = 'arn:aws:dynamodb:us-west-2:111122223333:table/books'

const readWithSource = (value: string | undefined, sourceArn: string, signedHeaders?: readonly string[]) =>
  readOnBehalfOf({
    headers: new Map([
      ...(value === undefined ? [] : [[onBehalfOfHeader, value] as const]),
      [sourceArnHeader, sourceArn] as const,
    ]),
    signedHeaders: signedHeaders ?? [onBehalfOfHeader, sourceArnHeader],
  })

test('readOnBehalfOf() reads on behalf of which resource a service asks, for a caller and as itself', () => {
  const bucket = 'arn:aws:s3:::an-example-bucket'

  assert.deepEqual(readWithSource('itself', table), { kind: 'itself', sourceArn: table })
  assert.deepEqual(readWithSource('session P2+/a==', bucket), { kind: 'session', token: 'P2+/a==', sourceArn: bucket })
})

test('readOnBehalfOf() takes no resource that was not signed, or that nobody asks for', () => {
  const unsigned = readWithSource('itself', table, [onBehalfOfHeader])
  const alone = readWithSource(undefined, table)

  assert.deepEqual(unsigned, { kind: 'faulty', reason: `the header ${sourceArnHeader} must be signed` })
  const reason = `the header ${sourceArnHeader} needs ${onBehalfOfHeader} beside it`
  assert.deepEqual(alone, { kind: 'faulty', reason })
})

for (const text of [
  '',
  '*',
  'arn:aws:s3:::x',
  `${table} `,
  `${table}\u00e9`,
  'arn:aws:s3:us-west-2:1234:bucket/name',
  table.padEnd(513, 'x'),
]) {
  test(`readOnBehalfOf() takes no resource "${text.slice(0, 60)}"`, () => {
    const reason = `the header ${sourceArnHeader} must be the ARN of a resource`

    assert.deepEqual(readWithSource('itself', text), { kind: 'faulty', reason })
  })
}
