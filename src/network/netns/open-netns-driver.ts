import { ConfigError } from '../../base/index.ts'
import type { HelperChannel } from './helper-channel.ts'
import { NetnsDriver } from './netns-driver.ts'
import { requireLinux } from './network-host.ts'
import { startOwnHelper } from './own-helper.ts'
import type { ServedPorts } from './protocol.ts'
import { requirePrograms } from './require-programs.ts'

/** What the driver is opened with. */
export interface NetnsOptions {
  readonly dataDirectory: string
  readonly ports: ServedPorts
  /** Whether the operator's own namespaces are to be used. */
  readonly hasForeign: boolean
  /** The way to the privileged process that has started this one; without it the server has a helper of its own, in a user namespace. */
  readonly helper: HelperChannel | undefined
  readonly report: (message: string, details: object) => void
}

/** Opens the driver of network namespaces. @throws {ConfigError} where this machine or this user has none. */
export async function openNetnsDriver(options: NetnsOptions): Promise<NetnsDriver> {
  const { dataDirectory, ports, hasForeign, helper, report } = options
  requireLinux()
  if (process.getuid?.() === 0)
    throw new ConfigError('The process that holds keys does not run as root: start it with "postern serve"')
  if (helper !== undefined) return new NetnsDriver({ ports, report, connect: onlyOnce(helper) })
  if (hasForeign) {
    throw new ConfigError(
      'Cannot use vpc-namespace here: only root may enter namespaces that he has made. Start "postern serve" as root, which runs the server as another user',
    )
  }
  await requirePrograms('unshare', 'nsenter', 'ip', 'nft')
  // At once: where there are no such namespaces, the server does not start.
  let first: HelperChannel | undefined = await startOwnHelper(dataDirectory)
  return new NetnsDriver({
    ports,
    report,
    async connect() {
      const channel = first ?? (await startOwnHelper(dataDirectory))
      first = undefined
      return channel
    },
  })
}

function onlyOnce(helper: HelperChannel): () => Promise<HelperChannel> {
  let left: HelperChannel | undefined = helper
  return () => {
    const channel = left
    left = undefined
    return channel === undefined ? Promise.reject(new Error('The network helper has ended')) : Promise.resolve(channel)
  }
}
