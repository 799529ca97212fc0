import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { hourMillis } from '../../base/index.ts'
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

/** What the files are made of. */
export interface AuthorityFileSources {
  /** The certificates of the installation's own authorities, PEM. */
  readonly authorities: () => string
  /** Other roots for `ca-bundle.pem`. */
  readonly others: () => readonly string[]
  readonly report: (message: string, details: object) => void
}

/** Keeps those files as they should be: from the start on, and as time goes on, which ends the trust in former authorities. */
export class AuthorityFiles implements Disposable {
  readonly #directory: string
  readonly #sources: AuthorityFileSources
  readonly #timer: NodeJS.Timeout

  constructor(directory: string, sources: AuthorityFileSources) {
    this.#directory = directory
    this.#sources = sources
    writeAuthorityFiles(directory, sources.authorities(), sources.others())
    this.#timer = setInterval(() => this.write(), hourMillis)
    this.#timer.unref()
  }

  /** Writes what is so now; what can't be written is reported, and tried again an hour later. */
  write(): void {
    const { authorities, others, report } = this.#sources
    try {
      writeAuthorityFiles(this.#directory, authorities(), others())
    } catch (error) {
      report('Cannot write ca.pem and ca-bundle.pem; it is tried again', { err: error })
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
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
