import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Builds the disk that forgets and fails (`disk-shim.c`), for LD_PRELOAD; needs a C compiler. Gives its path, in a folder of its own. */
export function buildDiskShim(): { readonly folder: string; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'postern-shim-'))
  const path = join(folder, 'disk-shim.so')
  const source = fileURLToPath(new URL('disk-shim.c', import.meta.url))
  execFileSync(
    process.env['CC'] ?? 'cc',
    ['-shared', '-fPIC', '-O1', '-Wall', '-o', path, source, '-ldl', '-lpthread'],
    { stdio: 'pipe' },
  )
  return { folder, path }
}
