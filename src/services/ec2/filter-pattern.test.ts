import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterPattern } from './filter-pattern.ts'

const cases: readonly (readonly [pattern: string, text: string, expected: boolean])[] = [
  ['kms', 'kms', true],
  ['kms', 'KMS', false],
  ['kms', 'kms2', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['**', 'anything', true],
  ['a*c', 'abbc', true],
  ['a*c', 'ac', true],
  ['a*c', 'acb', false],
  ['*ab', 'aab', true],
  ['*ab*', 'xaabx', true],
  ['a*b*c', 'a1b2b3c', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*?', '', false],
  ['?', '\u{1f511}', true],
  ['a*', 'a\nb', true],
  ['10.0.0.0/16', '10a0b0c0/16', false],
  ['(x+)+[y]$', '(x+)+[y]$', true],
  // As EC2's documentation has it.
  [String.raw`\*amazon\?\\`, String.raw`*amazon?\ `.trim(), true],
  [String.raw`\*amazon\?\\`, String.raw`xamazonx\ `.trim(), false],
  [String.raw`a\bc`, 'abc', true],
  ['end\\', 'end\\', true],
]

for (const [pattern, text, expected] of cases) {
  test(`filterPattern() finds that ${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
    assert.equal(filterPattern(pattern)(text), expected)
  })
}

test('filterPattern() is done at once with a pattern of many runs that nearly matches', () => {
  const matches = filterPattern(`${'*a'.repeat(100)}*b`)
  const start = performance.now()

  assert.equal(matches('a'.repeat(256)), false)
  // One that goes back to every run takes longer than the universe.
  assert.ok(performance.now() - start < 2_000)
})
