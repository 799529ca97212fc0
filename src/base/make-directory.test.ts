import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeDirectory } from './make-directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-make-'))
after(() => rmSync(folder, { recursive: true }))

test('makeDirectory() makes all that is missing, with the mode', () => {
  makeDirectory(fs, join(folder, 'a/b/c'), 0o700)

  for (const path of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(folder, path)).mode & 0o777, 0o700)
})

test('makeDirectory() lets a directory be that is there', () => {
  makeDirectory(fs, join(folder, 'there'), 0o750)

  makeDirectory(fs, join(folder, 'there'), 0o700)

  assert.equal(statSync(join(folder, 'there')).mode & 0o777, 0o750)
})

test('makeDirectory() refuses a path through a file', () => {
  writeFileSync(join(folder, 'file'), '')

  for (const path of ['file', 'file/below'])
    assert.throws(() => makeDirectory(fs, join(folder, path), 0o700), { code: 'EEXIST' })
})

test('makeDirectory() ends where a file system makes no directories', () => {
  assert.throws(() => makeDirectory(fs, '/proc/nope/below', 0o700), { code: 'ENOENT' })
})
