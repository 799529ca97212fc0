import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findResolverFiles } from './resolver-files.ts'

const vpcId = 'vpc-0123456789abcdef0'

void test('findResolverFiles() finds the namespaces whose resolver has our mark, and no other', t => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const files = {
    ours: `# Written by Postern: ours is attached to ${vpcId}. "postern network detach" removes this file.\nnameserver 10.0.0.2\n`,
    theirs: 'nameserver 192.0.2.1\n',
    quoted: `nameserver 192.0.2.1\n# Written by Postern: ours is attached to ${vpcId}.\n`,
    other: '# Written by Postern: other is attached to vpc-1.\n',
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'resolv.conf'), text)
  }
  mkdirSync(join(folder, 'empty'))

  assert.deepEqual(findResolverFiles(folder), [{ namespace: 'ours', vpcId }])
  assert.deepEqual(findResolverFiles(join(folder, 'absent')), [])
})
