import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { statementPositions } from './statement-positions.ts'

/** `line:column` of the beginning and the end of each statement. */
const shown = (text: string): readonly string[] =>
  statementPositions(text).map(({ start, end }) => `${start.line}:${start.column}-${end.line}:${end.column}`)

const withSpaces = (value: unknown): string =>
  JSON.stringify(value, undefined, 1)
    .replaceAll(/\n */g, ' ')
    .replaceAll(/([[{]) | ([\]}])/g, '$1$2')

// What AWS answered for these documents.
const administratorAccess = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}
const rolePolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 's3',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:DeleteObject'],
      Resource: ['arn:aws:s3:::tims-fancy-bucket/only-here/*'],
    },
  ],
}
const bucketPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'DenyInsecureTransport',
      Effect: 'Deny',
      Principal: '*',
      Action: '*',
      Resource: ['arn:aws:s3:::tims-fancy-bucket/*', 'arn:aws:s3:::tims-fancy-bucket'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: 'DenyTimDelete',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:DeleteObject',
      Resource: 'arn:aws:s3:::tims-fancy-bucket/*',
      Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::112233445566:role/tims-test-role' } },
    },
  ],
}

for (const [name, text, expected] of [
  ['of a document in lines', JSON.stringify(administratorAccess, undefined, 2), ['3:17-8:6']],
  ['of a document in one line with spaces', withSpaces(rolePolicy), ['1:41-1:180']],
  [
    'of two statements, of which the second begins where the first ends',
    JSON.stringify(bucketPolicy),
    ['1:38-1:248', '1:248-1:470'],
  ],
] as const) {
  test(`statementPositions() is AWS's answer ${name}`, () => {
    assert.deepEqual(shown(text), expected)
  })
}

test('statementPositions() of a statement that is in no list is where its braces are', () => {
  const text = '{\n  "Statement": { "Effect": "Allow" }\n}'

  assert.deepEqual(shown(text), ['2:16-2:37'])
})

test('statementPositions() reads the name of the element as JSON does', () => {
  assert.deepEqual(shown(String.raw`{"St\u0061tement":[{}]}`), ['1:20-1:22'])
})

test('statementPositions() takes no other element and no text for statements', () => {
  const text = JSON.stringify({
    Version: 'Statement',
    Id: '{"Statement":[{}]}\\"',
    Other: { Statement: [{}, {}] },
    Statement: [{ Sid: '}],[{', Condition: { Statement: { 'a"': ['{', '}'] } } }],
  })

  const [position, ...others] = statementPositions(text)

  assert.deepEqual(others, [])
  assert.equal(
    text.slice(position!.start.column - 1, position!.end.column - 1),
    text.slice(text.lastIndexOf('{"Sid"'), -2),
  )
})

test('statementPositions() of no statements are none', () => {
  assert.deepEqual(shown('{"Statement":[]}'), [])
})

test('what stands between the positions is the statement, whatever it says and however it is written', () => {
  const json = fc.json({ maxDepth: 3, stringUnit: 'binary' }).map(text => JSON.parse(text) as unknown)
  const statement = fc.dictionary(fc.string(), json)
  const document = fc.record({ Version: fc.string(), Statement: fc.array(statement, { maxLength: 5 }), Id: json })
  const indent = fc.constantFrom('', ' ', '  ', '\t')

  const holds = fc.property(document, indent, (value, space) => {
    const text = JSON.stringify(value, undefined, space)
    const lines = text.split('\n')
    const offset = ({ line, column }: { line: number; column: number }): number =>
      lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, column - 1)
    const found = statementPositions(text).map(({ start, end }): unknown =>
      JSON.parse(text.slice(offset(start), offset(end)).replace(/^\s*,/, '')),
    )
    assert.deepEqual(found, JSON.parse(JSON.stringify(value.Statement)))
  })

  fc.assert(holds, { seed: 20_261_125 })
})

test('statementPositions() does not take long for a document that is all texts, or all statements', () => {
  const long = JSON.stringify({ Statement: [{ Sid: '\\"'.repeat(30_000) }] })
  const many = JSON.stringify({ Statement: Array.from({ length: 40_000 }, () => ({})) }, undefined, 0)
  const started = performance.now()

  assert.equal(statementPositions(long).length, 1)
  assert.equal(statementPositions(many).length, 40_000)

  assert.ok(performance.now() - started < 2_000)
})
