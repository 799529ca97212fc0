import { userInfo } from 'node:os'

/** Name of the operating system's user that runs this process: the owner of the data directory and the administration socket. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the password file.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
