import ipaddr from 'ipaddr.js'
import type { SecurityGroupValue } from './records.ts'

/** A connection that wants in. */
export interface ConnectionAttempt {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** The client's address inside the VPC. */
  readonly clientAddress: string
  /** Groups that the client's own interface is in. */
  readonly clientGroupIds: readonly string[]
}

/** Whether a rule of one of these groups lets a connection in. Groups only allow; what no rule names is dropped. */
export function admits(groups: readonly Pick<SecurityGroupValue, 'rules'>[], attempt: ConnectionAttempt): boolean {
  return groups.some(group => group.rules.some(rule => rule.direction === 'ingress' && ruleAdmits(rule, attempt)))
}

type Rule = SecurityGroupValue['rules'][number]

function ruleAdmits({ protocol, fromPort, toPort, peer }: Rule, attempt: ConnectionAttempt): boolean {
  if (protocol !== '-1') {
    if (protocol !== attempt.protocol) return false
    if (fromPort !== undefined && toPort !== undefined && (attempt.port < fromPort || attempt.port > toPort))
      return false
  }
  switch (peer.kind) {
    case 'group':
      return attempt.clientGroupIds.includes(peer.groupId)
    case 'ipv4':
    case 'ipv6':
      return blockHoldsAddress(peer.cidr, attempt.clientAddress)
  }
}

function blockHoldsAddress(cidr: string, address: string): boolean {
  const actual = ipaddr.process(address)
  const block = ipaddr.parseCIDR(cidr)
  return actual.kind() === block[0].kind() && actual.match(block)
}
