import { closeSync, constants, fsyncSync, openSync } from 'node:fs'

/**
 * Takes a file to the disk, or the names that were created, renamed or removed in a directory: both survive a power loss then.
 *
 * @param flags of open(2): with `O_NOFOLLOW` a symbolic link is refused.
 */
export function syncPath(path: string, flags: number = constants.O_RDONLY): void {
  const descriptor = openSync(path, flags)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
