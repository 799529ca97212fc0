// docs/questions.md: its example is decided, and its tables have what question files can have.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthorizer, differencesFrom, parseQuestionFile } from '../../src/authorization/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/questions.md'), 'utf8')
const examples = [...page.matchAll(/```json\n(?<text>.*?)```/gs)].map(({ groups }) => groups!['text']!)

test('the example of docs/questions.md has the answer that it expects', async () => {
  assert.equal(examples.length, 1)
  const { facts, checks, sources, expected } = parseQuestionFile(examples[0]!, 'docs/questions.md')

  const verdict = await createAuthorizer(sources).authorize(facts, checks)

  assert.deepEqual(differencesFrom(expected!, verdict), [])
})

/** The members that an object can have, as the refusal of an unknown one lists them. */
function membersAt(file: object): readonly string[] {
  try {
    parseQuestionFile(JSON.stringify(file), 'q.json')
  } catch (error) {
    return /it can have (?<names>.*)$/.exec((error as Error).message)!.groups!['names']!.split(', ')
  }
  throw new Error('An unknown member was taken')
}

test('docs/questions.md tells of every member that a question file can have, and of no other', () => {
  const unknown = { somethingElseAltogether: 1 }
  const question = { caller: 'root', action: 'kms:ListKeys', resource: 'none' }
  const rows = (title: string): readonly string[] => {
    const section = page.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!
    return [...section.matchAll(/^\| (?<names>`.*?) \|/gm)].flatMap(({ groups }) =>
      groups!['names']!.split(', ').map(name => name.replaceAll('`', '')),
    )
  }

  assert.deepEqual(rows('question').toSorted(), membersAt({ question: { ...question, ...unknown } }).toSorted())
  assert.deepEqual(rows('policies').toSorted(), membersAt({ question, policies: unknown }).toSorted())
  assert.deepEqual(
    rows('expected, and what a file says of itself').toSorted(),
    [
      ...membersAt({ question, expected: unknown }).map(name => `expected.${name}`),
      ...membersAt(unknown).filter(name => ['name', 'fact', 'source'].includes(name)),
    ].toSorted(),
  )
})
