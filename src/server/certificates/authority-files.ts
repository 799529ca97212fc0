import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { trustedAuthorities } from '../trusted-authorities.ts'
import { dataFiles } from '../data-directory.ts'

/**
 * Writes what clients trust into the data directory: `ca.pem` with the authorities, and `ca-bundle.pem` with them, `others` and
 * all that this machine trusts, so that other calls of the same shell keep working. A client that reads meanwhile gets a whole file.
 */
export function writeAuthorityFiles(directory: string, certificates: string, others: readonly string[] = []): void {
  const machine = new Set([...others, ...trustedAuthorities(undefined)].map(pem => pem.trim()))
  replaceFile(dataFiles.authority(directory), certificates)
  replaceFile(dataFiles.bundle(directory), `${certificates}${[...machine].join('\n')}\n`)
}

function replaceFile(path: string, text: string): void {
  if (presentText(path) === text) return
  const part = `${path}.part`
  writeFileSync(part, text, { mode: 0o644 })
  renameSync(part, path)
}

function presentText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
