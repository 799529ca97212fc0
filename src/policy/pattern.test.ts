import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePattern, expandedText } from './pattern.ts'

const none = (): undefined => undefined

/** The same by a regular expression: slow for some patterns, and plain. */
function matchesPlainly(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[a-c]/g, '$&').replaceAll('*', '[^]*').replaceAll('?', '[^]')
  return new RegExp(`^${source}$`).test(text)
}

test('compilePattern() agrees with a regular expression, whatever wildcards there are', () => {
  const letters = fc.array(fc.constantFrom('a', 'b'), { maxLength: 60 }).map(chars => chars.join(''))
  const patterns = fc.array(fc.constantFrom('a', 'b', '?', '?', '*'), { maxLength: 40 }).map(chars => chars.join(''))
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const matches = compilePattern(pattern, { wildcards: true, variables: false })
      assert.equal(matches(text, none), matchesPlainly(pattern, text))
    }),
    { seed: 20_261_124, numRuns: 20_000 },
  )
})

test('compilePattern() finds a piece of many parts at every place, over the borders of its words', () => {
  for (let length = 1; length < 70; length++) {
    const piece = 'a?'.repeat(length)
    const matches = compilePattern(`*${piece}b*`, { wildcards: true, variables: false })
    for (const before of [0, 1, 31, 32, 33, 64]) {
      const text = `${'c'.repeat(before)}${'ac'.repeat(length)}b`
      assert.equal(matches(text, none), true, `${length} behind ${before}`)
      assert.equal(matches(text.slice(0, -1), none), false)
    }
  }
})

test('compilePattern() takes what a variable stands for as text, and nothing where it has no value', () => {
  const matches = compilePattern('${aws:username}-*', { wildcards: true, variables: true })

  assert.equal(
    matches('a*c-x', () => 'a*c'),
    true,
  )
  assert.equal(
    matches('abc-x', () => 'a*c'),
    false,
  )
  assert.equal(matches('abc-x', none), undefined)
})

test('expandedText() shows what was compared, and a variable without a value as it was written', () => {
  const values = new Map([['aws:username', 'alice']])
  const shown = expandedText("${aws:UserName}/${aws:userid}/${aws:x, 'none'}/${*}/*", name => values.get(name))

  assert.equal(shown, 'alice/${aws:userid}/none/*/*')
})
