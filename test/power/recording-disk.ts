import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder whose files are on a disk that writes down what is done to it. Needs `cc`: without it, nothing here passes. */
export class RecordingDisk implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'postern-power-'))
  /** What is done in here is in the log. */
  readonly folder = join(this.#home, 'disk')
  readonly log = join(this.#home, 'log')

  constructor() {
    const source = join(import.meta.dirname, 'recording-disk.c')
    const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-Wno-stringop-truncation', '-Wno-format-truncation']
    execFileSync(process.env['CC'] ?? 'cc', [...flags, '-o', this.#program, source, '-ldl', '-lpthread'], {
      stdio: 'pipe',
    })
    mkdirSync(this.folder, { mode: 0o700 })
  }

  get #program(): string {
    return join(this.#home, 'recording-disk.so')
  }

  /** The environment of a process that works on the disk; of another folder than its own if one is named. */
  variables(folder: string = this.folder): Readonly<Record<string, string>> {
    return { LD_PRELOAD: this.#program, DISK_FOLDER: folder, DISK_LOG: this.log, DISK_SYNC_MICROS: '100' }
  }

  /** A new folder for what a cut leaves. */
  newFolder(): string {
    return mkdtempSync(join(this.#home, 'left-'))
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true })
  }
}
