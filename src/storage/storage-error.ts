/** The store's files can't be read or written now: the disk, not the caller, is the reason. What was asked has not been done. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}

const reasons: ReadonlyMap<number, string> = new Map([
  [5, 'another process is using it'],
  [6, 'another process is using it'],
  [8, 'it may only be read'],
  [10, 'the disk reports an error'],
  [11, 'it is damaged'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened'],
  [26, 'it is no database'],
])

/** Words an error of SQLite; errors that are none, or are our own mistakes, stay as they are. */
export function wordSqliteError(action: string, path: string, error: unknown): unknown {
  const code = sqliteCode(error)
  const reason = code === undefined ? undefined : reasons.get(code)
  return reason === undefined ? error : new StorageError(`Cannot ${action} ${path}: ${reason}`, { cause: error })
}

/** SQLite's primary result code (the low byte of the extended one). */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Another connection has what was asked for (SQLITE_BUSY). */
export const busyCode = 5
