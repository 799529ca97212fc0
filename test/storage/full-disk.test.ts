import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const directory = mkdtempSync(join(tmpdir(), 'postern-full-disk-'))
after(() => rmSync(directory, { recursive: true }))

void test('[J76] a commit for which the disk has no room is refused whole, and the store goes on', () => {
  // A limit on the size of files stands for the full disk; it holds for a process and its children, so there is one.
  const script = fileURLToPath(new URL('small-disk.ts', import.meta.url))
  const arguments_ = ['-c', 'ulimit -f 2000; exec "$0" "$@"', process.execPath, script, join(directory, 'store.db')]

  const { stdout, stderr } = spawnSync('sh', arguments_, { encoding: 'utf8' })

  assert.match(stdout, /^Cannot write .*store\.db: the disk .*\nconsistent, and writing again\n$/, stdout + stderr)
})
