import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { macAddressOf } from '../model/mac-address.ts'

/** The bridge in the namespace of a VPC: workloads are its ports, the gateway's and our own addresses are on it. */
export const bridgeName = 'postern0'

/** The nftables table in the namespace of a VPC. */
export const tableName = 'postern'

/** The families that it is in. */
export const tableFamilies = ['inet', 'bridge'] as const

/** Which installation of this machine something belongs to: eight hexadecimal digits, by where its data directory really is. */
export function installationOf(dataDirectory: string): string {
  return createHash('sha256').update(realPath(dataDirectory)).digest('hex').slice(0, 8)
}

/** A directory that is yet to be made is where its nearest ancestor is. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
    return join(realPath(parent), basename(path))
  }
}

/** Name of the namespace of a VPC, by its window: nothing of it comes from a request. */
export function namespaceName(installation: string, window: number): string {
  return `postern-${installation}-${window}`
}

/** The window of a namespace that has a name as this installation gives them, or `undefined`. */
export function windowOfName(installation: string, name: string): number | undefined {
  const match = /^postern-([0-9a-f]{8})-([1-9]\d{0,4})$/.exec(name)
  return match?.[1] === installation ? Number(match[2]) : undefined
}

/** What a bridge of ours says about itself (its `ifalias`): whose it is, and for which VPC. */
export function bridgeMark(installation: string, vpcId: string): string {
  return `postern ${installation} ${vpcId}`
}

/** The VPC of a bridge by its mark, or `undefined` where the bridge is not this installation's. */
export function vpcOfMark(installation: string, mark: unknown): string | undefined {
  const match = typeof mark === 'string' ? /^postern ([0-9a-f]{8}) (vpc-[0-9a-f]{17})$/.exec(mark) : null
  return match?.[1] === installation ? match[2] : undefined
}

/** The end of a workload's veth that is a port of its VPC's bridge. `interfaceId` must have been checked: `eni-` and 17 digits. */
export function workloadPort(interfaceId: string): string {
  return `pw${lastDigits(interfaceId, 8)}`
}

/**
 * The MAC address of the other end, inside the workload's namespace. The bridge lets a frame in only if it comes from its workload's
 * port, MAC address and addresses, so that end must be given this one.
 */
export function workloadMac(interfaceId: string): string {
  requireInterfaceId(interfaceId)
  return macAddressOf(interfaceId)
}

/**
 * The MAC address of the bridge of a VPC. A bridge that is given none takes the lowest one of its ports: with a workload that goes, the
 * router's would go too, and all others would send to it until they ask anew.
 */
export function bridgeMac(vpcId: string): string {
  if (!/^vpc-[0-9a-f]{17}$/.test(vpcId)) throw new TypeError('This is not the id of a VPC')
  return macAddressOf(vpcId, '0a')
}

function lastDigits(interfaceId: string, count: number): string {
  requireInterfaceId(interfaceId)
  return interfaceId.slice(-count)
}

function requireInterfaceId(interfaceId: string): void {
  if (!/^eni-[0-9a-f]{17}$/.test(interfaceId)) throw new TypeError('This is not the id of an interface')
}
