// A Postern whose VPCs are network namespaces, on the ports that clients use: as root it runs as another user, else without any
// privilege. What it makes on this machine goes with it.
import { chownSync } from 'node:fs'
import { endHolder, findMarked, networkHost, removeNamespace } from '../src/network/index.ts'
import { freePort } from '../src/cli/demo/free-port.ts'
import { Postern, repository } from './start-postern.ts'

const isRoot = process.getuid!() === 0
// The user that has nothing.
const nobody = 65_534

export async function startNetnsPostern(): Promise<Postern> {
  const words = ['--network', 'netns', ...(isRoot ? ['--run-as', 'nobody'] : [])]
  const postern = new Postern({ words }, [await freePort(), 443, 53, await freePort()])
  if (isRoot) chownSync(postern.folder, nobody, nobody)
  await postern.start()
  return postern
}

/** Ends the server, and removes its namespaces. */
export async function endNetnsPostern(postern: Postern): Promise<void> {
  // Commands that were run in this process have left it in the data directory.
  process.chdir(repository)
  await postern.stop()
  const { run, installation } = networkHost(postern.dataDirectory)
  for (const { name } of await findMarked(run, installation)) await removeNamespace(run, installation, name)
  endHolder(postern.dataDirectory)
  await postern[Symbol.asyncDispose]()
}
