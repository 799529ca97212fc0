// A PKCS#11 token of SoftHSM2, as tests want it. Neither it nor the package pkcs11js comes with `npm ci`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What programs need to use tokens: the module, and variables of the environment. */
export interface SoftHsmTools {
  readonly module: string
  /** Folder of node_modules that has pkcs11js; for NODE_PATH. */
  readonly packages: string
}

const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
]

/**
 * SoftHSM2 and pkcs11js, or why they are not here: then tests of HSMs cannot run. Where CI is set that is a failure.
 *
 * pkcs11js is found as any package, or in the folder that PKCS11JS_HOME names.
 */
export function softHsmTools(): SoftHsmTools | { readonly missing: string } {
  const module = modules.find(path => existsSync(path))
  const packages = packagesWithPkcs11()
  if (module !== undefined && packages !== undefined && spawnSync('softhsm2-util', ['--version']).status === 0)
    return { module, packages }
  const missing =
    'SoftHSM2 ("apt-get install softhsm2") or pkcs11js ("npm install pkcs11js@2.1.7" in any folder, and PKCS11JS_HOME=FOLDER) is not here'
  if (process.env['CI'] !== undefined) throw new Error(missing)
  process.stderr.write(`\nTHE TESTS OF HSMs DO NOT RUN: ${missing}\n\n`)
  return { missing }
}

function packagesWithPkcs11(): string | undefined {
  const home = process.env['PKCS11JS_HOME']
  const from = home === undefined ? import.meta.url : join(home, 'package.json')
  try {
    return dirname(dirname(createRequire(from).resolve('pkcs11js/package.json')))
  } catch {
    return undefined
  }
}

export class SoftHsm implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-softhsm-'))
  readonly module: string
  /** What a program that uses the tokens needs in its environment. */
  readonly variables: Readonly<Record<string, string>>

  constructor({ module, packages }: SoftHsmTools) {
    this.module = module
    const config = join(this.folder, 'softhsm2.conf')
    mkdirSync(join(this.folder, 'tokens'))
    writeFileSync(
      config,
      `directories.tokendir = ${join(this.folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    this.variables = { SOFTHSM2_CONF: config, NODE_PATH: packages }
  }

  /** Makes a token. */
  addToken(label: string, pin: string): void {
    this.#run('--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', 'security-officer')
  }

  deleteToken(label: string): void {
    this.#run('--delete-token', '--token', label)
  }

  #run(...words: readonly string[]): void {
    const { status, stdout, stderr } = spawnSync('softhsm2-util', words, {
      env: { ...process.env, ...this.variables },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stdout + stderr)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
