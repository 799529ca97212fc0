import { ConfigError } from '../../base/index.ts'
import type { AttachedWorkload } from '../model/records.ts'
import { leadsNowhere, namespaceNames } from './namespace-state.ts'
import type { NetworkHost } from './network-host.ts'
import { readAttachment, readLink } from './read-link.ts'
import { removeResolverFiles, writeResolverFiles } from './resolver-files.ts'
import { ProgramError } from './run-program.ts'
import { connectWorkload, disconnectWorkload } from './workload-link.ts'
import type { WorkloadLink } from './workload-link.ts'

/** Whether there is a network namespace of this name. @throws {ConfigError} */
export function hasNamespace({ run }: NetworkHost, name: string): Promise<boolean> {
  return explained(`Cannot look for the namespace "${name}"`, async () => (await namespaceNames(run)).includes(name))
}

/**
 * Connects the namespace of a registered workload to its VPC, and has its commands ask the VPC's resolver. The namespace is made
 * where that is wanted, and again where Postern has made it before. Gives the files of the resolver that somebody else wrote: they stay.
 *
 * @throws {ConfigError} where this machine does not let it, or `answer` is none that a server of ours gives.
 */
export async function attachNamespace(
  host: NetworkHost,
  answer: WorkloadLink,
  options: { readonly makesNamespace: boolean },
): Promise<readonly string[]> {
  const link = readLink(answer)
  const { workload, vpcId } = link
  const { namespace, madeNamespace } = workload
  return explained(`Cannot attach the namespace "${namespace}" to ${vpcId}`, async () => {
    const isThere = await isUsable(host, link.workload)
    if (!isThere && !options.makesNamespace && madeNamespace !== true) {
      throw new ConfigError(
        `There is no network namespace "${namespace}": add --create, or make it with "ip netns add ${namespace}"`,
      )
    }
    if (!isThere) await host.run(['ip', 'netns', 'add', namespace])
    await connectWorkload(host, link)
    const [resolver] = link.resolverAddresses
    if (resolver !== undefined) return writeResolverFiles(host, { namespace, vpcId, resolver })
    await removeResolverFiles(host, namespace)
    return []
  })
}

/** Whether a workload's namespace is there. The name of one of our own that leads nowhere is taken away. */
async function isUsable(host: NetworkHost, { namespace, madeNamespace }: AttachedWorkload): Promise<boolean> {
  if (!(await hasNamespace(host, namespace))) return false
  if (madeNamespace !== true || !(await leadsNowhere(host.run, namespace))) return true
  await host.run(['ip', 'netns', 'delete', namespace])
  return false
}

/** Removes what attaching has made on this machine: the connection, the resolver's files, a namespace of our own. @throws {ConfigError} */
export async function detachNamespace(
  host: NetworkHost,
  answer: Pick<WorkloadLink, 'vpcId' | 'workload'>,
): Promise<void> {
  const link = readAttachment(answer)
  const { namespace, madeNamespace } = link.workload
  return explained(`Cannot detach the namespace "${namespace}" from ${link.vpcId}`, async () => {
    await disconnectWorkload(host, link)
    await removeResolverFiles(host, namespace)
    if (madeNamespace === true && (await hasNamespace(host, namespace)))
      await host.run(['ip', 'netns', 'delete', namespace])
  })
}

async function explained<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (!(cause instanceof ProgramError)) throw cause
    throw new ConfigError(`${what}: ${cause.message}`, { cause })
  }
}
