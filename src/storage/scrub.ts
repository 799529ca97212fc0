import { readSync } from 'node:fs'
import { StorageError } from './storage-error.ts'
import { syncPath } from './sync-path.ts'

const blockLength = 16
const windowLength = 1 << 20

// Bytes are stored as base64, also behind a prefix ("1.qL8…"): a run this long is a secret or might be one.
const secretPattern = /[A-Za-z0-9+/]{32,}/g

/** What is asked of a connection to scrub its files. */
export interface ScrubTarget {
  readonly path: string
  exec(sql: string): void
  get(sql: string): Record<string, unknown> | undefined
}

/**
 * The parts by which remains of removed values are recognized: any 31 characters in a row of a base64 text in them hold one
 * whole block. Blocks that live on in what was written are none.
 */
export function secretBlocks(removed: readonly string[], written: readonly string[]): readonly string[] {
  const alive = written.join('\n')
  const blocks = new Set<string>()
  for (const [secret] of removed.flatMap(text => [...text.matchAll(secretPattern)])) {
    for (let start = 0; start + blockLength <= secret.length; start += blockLength) {
      const block = secret.slice(start, start + blockLength)
      if (!alive.includes(block)) blocks.add(block)
    }
  }
  return [...blocks]
}

/**
 * Moves everything from the write-ahead log into the database file and cuts the log to nothing.
 *
 * @throws {StorageError} while another process reads the file.
 */
export function emptyLog(target: ScrubTarget): void {
  if (target.get('PRAGMA wal_checkpoint(TRUNCATE)')?.['busy'] !== 0)
    throw new StorageError(`Cannot empty ${target.path}-wal: another process is reading the store`)
  // SQLite doesn't sync the cut itself: after a power loss the old log could be back. (It takes no locks on this file.)
  syncPath(`${target.path}-wal`)
}

/** Writes the whole file anew, with what is not removed. @throws {StorageError} */
export function writeAnew(target: ScrubTarget): void {
  target.exec('VACUUM')
  emptyLog(target)
}

/**
 * Whether any of the blocks is in the open file. SQLite's `secure_delete` overwrites deleted rows, but leaves copies in the
 * unused middle of pages that it has split or merged before (about one removal in two hundred). One walk for all blocks.
 */
export function holdsAny(file: number, blocks: readonly string[]): boolean {
  if (blocks.length === 0) return false
  const known = new Set(blocks)
  const beginnings = new Uint8Array(1 << 18)
  for (const block of known) beginnings[slotOf(Buffer.from(block, 'latin1').readInt32LE())] = 1
  const window = Buffer.alloc(windowLength + blockLength)
  for (let position = 0; ; position += windowLength) {
    const length = readSync(file, window, 0, window.length, position)
    if (length === 0) return false
    let four = 0
    for (let at = 0; at < length; at++) {
      four = (four >>> 8) | (window[at]! << 24)
      if (beginnings[slotOf(four)] !== 1 || at < 3) continue
      if (known.has(window.toString('latin1', at - 3, Math.min(at - 3 + blockLength, length)))) return true
    }
  }
}

/** A place in the table of beginnings for the first four bytes of a block. */
function slotOf(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> 14
}
