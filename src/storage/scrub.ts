import { closeSync, fsyncSync, openSync, read } from 'node:fs'
import { promisify } from 'node:util'
import type { SqliteConnection } from './sqlite-connection.ts'
import { StorageError } from './storage-error.ts'

const blockLength = 16
const windowLength = 1 << 20
const readFile = promisify(read)

// Bytes are stored as base64, also behind a prefix ("1.qL8…"): a run this long is a secret or might be one.
const secretPattern = /[A-Za-z0-9+/]{32,}/g

/**
 * The parts by which remains of removed values are recognized: any 31 characters in a row of a base64 text in them hold one
 * whole block. Blocks that live on in what was written are none.
 */
export function secretBlocks(removed: readonly string[], written: readonly string[]): readonly Buffer[] {
  const alive = written.join('\n')
  const blocks = new Set<string>()
  for (const [secret] of removed.flatMap(text => [...text.matchAll(secretPattern)])) {
    for (let start = 0; start + blockLength <= secret.length; start += blockLength) {
      const block = secret.slice(start, start + blockLength)
      if (!alive.includes(block)) blocks.add(block)
    }
  }
  return [...blocks].map(block => Buffer.from(block, 'latin1'))
}

/**
 * Makes sure that removed secrets are in neither the database file nor its write-ahead log. SQLite's `secure_delete`
 * overwrites deleted rows, but leaves copies in the unused middle of pages that it has split or merged before (about one removal
 * in two hundred): those are searched for, and where there are any, the whole file is written anew.
 */
export async function scrub(connection: SqliteConnection, blocks: readonly Buffer[]): Promise<void> {
  if (connection.file === undefined) return
  emptyLog(connection)
  if (await holdsAny(connection.file, blocks)) connection.exec('VACUUM')
  // Also for what other commits have written meanwhile: their pages may have held remains.
  emptyLog(connection)
}

/** Writes the whole file anew, with what is not removed. */
export function scrubEverything(connection: SqliteConnection): void {
  if (connection.file === undefined) return
  connection.exec('VACUUM')
  emptyLog(connection)
}

function emptyLog(connection: SqliteConnection): void {
  const result = connection.get('PRAGMA wal_checkpoint(TRUNCATE)')
  if (result?.['busy'] !== 0)
    throw new StorageError(`Cannot empty ${connection.path}-wal: removed secrets may still be in it`)
  syncLog(connection.path)
}

// SQLite doesn't sync the cut itself: after a power loss the old log could be back. (It takes no locks on this file.)
function syncLog(path: string): void {
  const log = openSync(`${path}-wal`, 'r')
  try {
    fsyncSync(log)
  } finally {
    closeSync(log)
  }
}

/** Reads window by window, so that a large store is searched without holding up other requests. */
async function holdsAny(file: number, blocks: readonly Buffer[]): Promise<boolean> {
  const window = Buffer.alloc(windowLength + blockLength)
  for (let position = 0; blocks.length > 0; position += windowLength) {
    const { bytesRead } = await readFile(file, window, 0, window.length, position)
    if (bytesRead === 0) return false
    const part = window.subarray(0, bytesRead)
    if (blocks.some(block => part.includes(block))) return true
  }
  return false
}
