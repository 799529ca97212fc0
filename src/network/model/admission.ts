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

/** Whether a rule is about connections to a port, whoever they come from. */
export function covers(
  { protocol, fromPort, toPort }: Rule,
  attempt: Pick<ConnectionAttempt, 'protocol' | 'port'>,
): boolean {
  if (protocol === '-1') return true
  if (protocol !== attempt.protocol) return false
  return fromPort === undefined || toPort === undefined || (attempt.port >= fromPort && attempt.port <= toPort)
}

function ruleAdmits(rule: Rule, attempt: ConnectionAttempt): boolean {
  if (!covers(rule, attempt)) return false
  const { peer } = rule
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
