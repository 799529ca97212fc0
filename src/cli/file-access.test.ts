import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isThere } from './file-access.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-access-'))
after(() => rmSync(folder, { recursive: true }))
chmodSync(folder, 0o755)
mkdirSync(join(folder, 'data'), { mode: 0o700 })
writeFileSync(join(folder, 'data', 'admin.sock'), '')

test('isThere() tells a file that is there from one that is not', () => {
  assert.equal(isThere(join(folder, 'data', 'admin.sock')), true)
  assert.equal(isThere(join(folder, 'data', 'other')), false)
  assert.equal(isThere(join(folder, 'none', 'admin.sock')), false)
})

test('isThere() does not take a file that this user may not see for one that is not there', () => {
  const path = join(folder, 'data', 'admin.sock')
  const isRoot = process.getuid?.() === 0
  // Root may see everything: it becomes another user for a moment; others shut themselves out.
  if (isRoot) process.seteuid?.(65_534)
  else chmodSync(join(folder, 'data'), 0)

  try {
    assert.throws(
      () => isThere(path),
      isRoot ? /\/data: it belongs to user "root", so run this as/ : /\/data: it is yours/,
    )
  } finally {
    if (isRoot) process.seteuid?.(0)
    else chmodSync(join(folder, 'data'), 0o700)
  }
})
