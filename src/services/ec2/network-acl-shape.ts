import { networkAclAssociationOf } from '../../network/index.ts'
import type { NetworkAcl, NetworkAclEntryValue, SubnetValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { tagShapes } from './tags.ts'

/** What a network ACL shows of other records. */
export interface AclSurroundings {
  /** Those that have it. */
  readonly subnets: readonly SubnetValue[]
  /** Whether its VPC has an IPv6 block. */
  readonly hasIpv6: boolean
}

/** A network ACL as EC2 shows it. */
export function networkAclShape(acl: NetworkAcl, { subnets, hasIpv6 }: AclSurroundings): ec2.NetworkAcl {
  const { networkAclId: id, vpcId, account, rules, tags, keptIn } = acl
  return {
    NetworkAclId: id,
    VpcId: vpcId,
    OwnerId: account,
    IsDefault: keptIn.kind === 'vpc',
    Entries: [
      ...[...rules.egress, ...lastRules(hasIpv6)].map(entry => entryShape(entry, true)),
      ...[...rules.ingress, ...lastRules(hasIpv6)].map(entry => entryShape(entry, false)),
    ],
    Associations: subnets.map(subnet => ({
      NetworkAclAssociationId: networkAclAssociationOf(subnet).associationId,
      NetworkAclId: id,
      SubnetId: subnet.subnetId,
    })),
    Tags: tagShapes(tags),
  }
}

/** What no rule has decided on is denied; AWS shows that as rules that nobody can change, of IPv6 once the VPC has such a block. */
function lastRules(hasIpv6: boolean): readonly NetworkAclEntryValue[] {
  const deny = (ruleNumber: number, cidr: string) => ({ ruleNumber, action: 'deny', protocol: '-1', cidr }) as const
  return [deny(32_767, '0.0.0.0/0'), ...(hasIpv6 ? [deny(32_768, '::/0')] : [])]
}

function entryShape(entry: NetworkAclEntryValue, isEgress: boolean): ec2.NetworkAclEntry {
  const { ruleNumber, action, protocol, cidr, ports, icmp } = entry
  return {
    ...(cidr.includes(':') ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
    Egress: isEgress,
    Protocol: protocol,
    RuleAction: action,
    RuleNumber: ruleNumber,
    ...(ports === undefined ? {} : { PortRange: { From: ports.from, To: ports.to } }),
    ...(icmp === undefined ? {} : { IcmpTypeCode: { Type: icmp.type, Code: icmp.code } }),
  }
}
