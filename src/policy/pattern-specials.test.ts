import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readVariable, specialsOf, variableNames } from './pattern-specials.ts'

// The same, in time that can grow with the square of the length.
const plainly = (pattern: string): readonly (readonly unknown[])[] =>
  [...pattern.matchAll(/\*|\?|\$\{([^}]*)\}/g)].map(match => [match.index, match[0], match[1]])
const readPlainly = (inner: string): readonly [string, string | undefined] => {
  const parts = /^([^,]+?)\s*(?:,\s*'([^']*)')?$/.exec(inner)
  return [parts?.[1] ?? inner, parts?.[2]]
}

const pieces = fc.constantFrom('$', '{', '}', '${', '*', '?', 'a', ',', "'", ' ', 'aws:x')
const text = fc.array(pieces, { maxLength: 12 }).map(parts => parts.join(''))

test('specialsOf() finds wildcards and whole variables, as a regular expression would', () => {
  const holds = fc.property(text, pattern => {
    const found = specialsOf(pattern).map(({ index, text: whole, inner }) => [index, whole, inner])
    assert.deepEqual(found, plainly(pattern))
  })

  fc.assert(holds, { seed: 20_261_125, numRuns: 5_000 })
})

test('readVariable() splits a name from what stands for it, as a regular expression would', () => {
  const holds = fc.property(text, inner => {
    fc.pre(!['*', '?', '$'].includes(inner) && inner.trim() !== '')
    const { name, fallback } = readVariable(inner)!
    assert.deepEqual([name, fallback], readPlainly(inner))
  })

  fc.assert(holds, { seed: 20_261_125, numRuns: 5_000 })
})

test('variableNames() gives names as they are written, and no characters', () => {
  const names = variableNames("a/${aws:username}/${*}${?}${$}/${aws:PrincipalTag/Team, 'none'}/${open")

  assert.deepEqual(names, ['aws:username', 'aws:PrincipalTag/Team'])
})

for (const [name, pattern] of [
  ['braces that open', '${'.repeat(65_000)],
  ['braces that open and spaces', `\${${' '.repeat(130_000)}`],
  ['a variable of spaces', `\${a${' '.repeat(130_000)}x}`],
  ['a variable of commas and spaces', `\${a${' ,'.repeat(65_000)}}`],
  ['a fallback that does not end', `\${a,${' '.repeat(65_000)}'${' '.repeat(65_000)}}`],
  ['variables', '${a}'.repeat(32_000)],
] as const) {
  test(`variableNames() does not take long for ${name}`, () => {
    const started = performance.now()

    variableNames(pattern)

    assert.ok(performance.now() - started < 1_000)
  })
}
