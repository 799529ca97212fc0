import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { migrate, migrations, readForm } from './sqlite-schema.ts'

const directory = mkdtempSync(join(tmpdir(), 'postern-schema-'))
after(() => rmSync(directory, { recursive: true }))

const second = 'ALTER TABLE records ADD COLUMN note TEXT; CREATE TABLE notes (id TEXT);'

for (const [where, steps] of Object.entries({
  'in its first step': ['CREATE TABLE half (id TEXT); SELECT no_such_function();', second],
  'at the end of its first step': [`${migrations[0]!} SELECT no_such_function();`, second],
  'between its steps': [migrations[0]!, 'SELECT no_such_function();'],
  'in its second step': [migrations[0]!, `${second} SELECT no_such_function();`],
})) {
  test(`[J77] migrate() that is cut off ${where} leaves a form that the next start goes on from`, () => {
    const path = join(directory, where)
    const killed = new DatabaseSync(path)
    assert.throws(() => migrate(killed, path, steps))
    killed.close()
    const done = where.includes('first') ? 0 : 1

    const next = new DatabaseSync(path)
    const left = readForm(next, path, 2)
    migrate(next, path, [migrations[0]!, second])

    assert.equal(left, done)
    assert.equal(readForm(next, path, 2), 2)
    assert.equal(next.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'").get()?.['n'], 0)
    assert.equal(next.prepare('SELECT value FROM meta').get()?.['value'], 0)
    next.close()
  })
}
