import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const markOf = (dataDirectory: string): string => join(dataDirectory, 'new-root-key')

/** Remembers that the root key was just made: a start that fails afterwards says nothing about it. */
export function markNewRootKey(dataDirectory: string): void {
  writeFileSync(markOf(dataDirectory), '', { mode: 0o600 })
}

/** Whether the root key was made since a start last succeeded. Asked once, by the start that does. */
export function takeNewRootKeyMark(dataDirectory: string): boolean {
  const isNew = existsSync(markOf(dataDirectory))
  rmSync(markOf(dataDirectory), { force: true })
  return isNew
}
