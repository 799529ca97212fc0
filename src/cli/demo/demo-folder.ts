import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file of the demo's folder as the value of a member. */
export class FileValue {
  readonly name: string
  readonly content: string | Buffer

  constructor(name: string, content: string | Buffer) {
    this.name = name
    this.content = content
  }

  /** How the AWS CLI is told to read it: as text or as bytes. */
  get url(): string {
    return `${typeof this.content === 'string' ? 'file' : 'fileb'}://${this.name}`
  }
}

/** All that the demo leaves on disk, for its owner only, until it ends. */
export class DemoFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'postern-demo-'))
  /** Where the commands run, and the files that they name are. */
  readonly work = join(this.path, 'work')

  constructor() {
    mkdirSync(this.work, { mode: 0o700 })
  }

  /** Writes a file that commands name. */
  file(name: string, content: string | Buffer): FileValue {
    writeFileSync(join(this.work, name), content, { mode: 0o600 })
    return new FileValue(name, content)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
