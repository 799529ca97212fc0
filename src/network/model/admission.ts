import { numberedAddress, textBlockHolds } from './address-blocks.ts'
import type { NumberedAddress } from './address-blocks.ts'
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
  const address = numberedAddress(attempt.clientAddress)
  if (address === undefined) return false
  return groups.some(group =>
    group.rules.some(rule => rule.direction === 'ingress' && ruleAdmits(rule, attempt, address)),
  )
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

function ruleAdmits(rule: Rule, attempt: ConnectionAttempt, address: NumberedAddress): boolean {
  if (!covers(rule, attempt)) return false
  const { peer } = rule
  switch (peer.kind) {
    case 'group':
      return attempt.clientGroupIds.includes(peer.groupId)
    case 'ipv4':
    case 'ipv6':
      return textBlockHolds(peer.cidr, address)
  }
}
