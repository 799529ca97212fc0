import { ConfigError } from '../../base/index.ts'
import type { AttachedWorkload } from '../model/records.ts'
import { requireNamespaceName } from '../model/workloads.ts'
import { formatAddress, formatPrefixed, isBlock, isSingle, parsePrefixed } from './prefixed-address.ts'
import type { WorkloadLink } from './workload-link.ts'

/**
 * Reads what a server says of a workload before it is acted on. Root may run the command, and the server is another user's: of
 * its answer come lines for `ip -batch`, which runs programs too, and paths. So nothing is taken as it is: addresses come out as
 * they are written from their numbers.
 *
 * @throws {ConfigError}
 */
export function readLink(link: WorkloadLink): WorkloadLink {
  const { subnet, blocks, resolverAddresses } = link
  return {
    ...readAttachment(link),
    subnet: {
      cidr: readBlock(subnet.cidr),
      ...(subnet.ipv6Cidr === undefined ? {} : { ipv6Cidr: readBlock(subnet.ipv6Cidr) }),
    },
    blocks: blocks.map(readBlock),
    resolverAddresses: resolverAddresses.map(readAddress),
  }
}

/** The part of it that is enough to take the connection away. @throws {ConfigError} */
export function readAttachment({
  vpcId,
  workload,
}: Pick<WorkloadLink, 'vpcId' | 'workload'>): Pick<WorkloadLink, 'vpcId' | 'workload'> {
  if (!/^vpc-[0-9a-f]{17}$/.test(vpcId) || !/^eni-[0-9a-f]{17}$/.test(workload.interfaceId)) throw notOurs()
  const { ipv6Address } = workload
  const read: AttachedWorkload = {
    ...workload,
    namespace: requireNamespaceName(workload.namespace),
    address: readAddress(workload.address),
    ...(ipv6Address === undefined ? {} : { ipv6Address: readAddress(ipv6Address) }),
  }
  return { vpcId, workload: read }
}

function readAddress(text: string): string {
  const parsed = typeof text === 'string' ? parsePrefixed(text) : undefined
  if (parsed === undefined || !isSingle(parsed)) throw notOurs()
  return formatAddress(parsed)
}

function readBlock(text: string): string {
  const parsed = typeof text === 'string' ? parsePrefixed(text) : undefined
  if (parsed === undefined || !isBlock(parsed)) throw notOurs()
  return formatPrefixed(parsed)
}

const notOurs = (): ConfigError =>
  new ConfigError('The server’s answer is none that Postern gives: nothing was done with it')
