/** What is asked of the file system: two functions of `node:fs`. */
export interface DirectorySystem {
  mkdirSync(path: string, options: { readonly mode: number }): unknown
  statSync(
    path: string,
    options: { readonly throwIfNoEntry: false },
  ): { readonly isDirectory: () => boolean } | undefined
}

/**
 * Makes a directory, and those above it that are missing, all with this mode; one that is there stays as it is. Gives those that
 * it made, the outermost first: their names outlive a power loss once the directories that they are in are synced.
 *
 * One after the other: Node's own recursive way never ends where a file system refuses as `/proc` does.
 *
 * @param path absolute.
 * @throws the file system's error.
 */
export function makeDirectory(system: DirectorySystem, path: string, mode: number): readonly string[] {
  const isDirectory = (): boolean => system.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (isDirectory()) return []
  const parent = path.slice(0, path.lastIndexOf('/'))
  const above = parent === '' ? [] : makeDirectory(system, parent, mode)
  try {
    system.mkdirSync(path, { mode })
    return [...above, path]
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isDirectory()) throw error
    return above
  }
}
