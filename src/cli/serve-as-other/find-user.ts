import { statSync } from 'node:fs'
import { ConfigError } from '../../base/index.ts'
import { runProgram } from '../../network/index.ts'
import type { Config } from '../../server/index.ts'

/** A user of this machine. */
export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const advice = 'say with --run-as whom the server runs as: the process that holds keys does not run as root'

/** Whom the server runs as: whom the configuration says, else the owner of its data directory. @throws {ConfigError} */
export async function findUser({ netns, dataDirectory }: Config): Promise<SystemUser> {
  const wanted = netns.runAs ?? ownerOf(dataDirectory)
  if (wanted === undefined) throw new ConfigError(`The data directory ${dataDirectory} does not exist yet: ${advice}`)
  const user = parseEntry(await runProgram(['getent', 'passwd', '--', wanted]).catch(() => ''))
  if (user === undefined) throw new ConfigError(`There is no user "${wanted}" on this machine: ${advice}`)
  if (user.uid === 0 || user.gid === 0) {
    const whose = netns.runAs === undefined ? `The data directory ${dataDirectory} belongs to` : 'run-as names'
    throw new ConfigError(`${whose} "${user.name}", who is root or in root’s group: ${advice}`)
  }
  return user
}

function ownerOf(dataDirectory: string): string | undefined {
  const found = statSync(dataDirectory, { throwIfNoEntry: false })
  return found && String(found.uid)
}

function parseEntry(line: string): SystemUser | undefined {
  const [name = '', , uid, gid, , home = '/'] = line.split('\n')[0]!.split(':')
  return name === '' ? undefined : { name, uid: Number(uid), gid: Number(gid), home }
}
