import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Takes a file to the disk, or the names that were created, renamed or removed in a directory: both survive a power loss then. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
