import assert from 'node:assert/strict'
import { test } from 'node:test'
import { undocumentedExports } from './doc-comments.ts'

const names = (...lines: readonly string[]): readonly string[] =>
  undocumentedExports(lines.join('\n')).map(({ name }) => name)

test('undocumentedExports() finds exports of every kind, with their lines', () => {
  const text = [
    'export function one() {}',
    'export async function two() {}',
    'export class Three {}',
    'export const four = 4',
    'export interface Five {}',
    'export type Six = 6',
  ].join('\n')

  const found = undocumentedExports(text)

  assert.deepEqual(found, [
    { line: 1, name: 'one' },
    { line: 2, name: 'two' },
    { line: 3, name: 'Three' },
    { line: 4, name: 'four' },
    { line: 5, name: 'Five' },
    { line: 6, name: 'Six' },
  ])
})

test('undocumentedExports() passes an export with a doc comment of one line or several', () => {
  const found = names(
    '/** What it is. */',
    'export const one = 1',
    '',
    '/**',
    ' * What it is.',
    ' */',
    'export class Two {}',
  )

  assert.deepEqual(found, [])
})

test('undocumentedExports() does not take a line comment, or the comment of the export before, for a doc comment', () => {
  const found = names(
    '/** What one is. */',
    'export const one = 1',
    'export const two = 2',
    '// Why.',
    'export type Three = 3',
  )

  assert.deepEqual(found, ['two', 'Three'])
})

test('undocumentedExports() asks nothing of what is not exported here', () => {
  const found = names('function one() {}', "export * from './two.ts'", "export type { Three } from './three.ts'")

  assert.deepEqual(found, [])
})
