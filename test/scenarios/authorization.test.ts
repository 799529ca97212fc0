// The scenarios of authorization/: question files, each with the policies that apply and what AWS would say.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthorizer, differencesFrom, parseQuestionFile } from '../../src/authorization/index.ts'

const folder = join(import.meta.dirname, 'authorization')
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json'))

for (const file of files.sort()) {
  const { name, facts, checks, sources, expected } = parseQuestionFile(readFileSync(join(folder, file), 'utf8'), file)
  test(`${file.replace('.json', '')}: ${name}`, async () => {
    const verdict = await createAuthorizer(sources).authorize(facts, checks)

    assert.deepEqual(differencesFrom(expected!, verdict), [])
    // A refusal for another reason than the one that is shown would pass unnoticed.
    if (!expected!.allowed) assert.ok(expected!.refusedBy !== undefined && expected!.explicit !== undefined)
  })
}
