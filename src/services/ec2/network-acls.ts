import { networkAclAssociationId, networkAclId } from '../../network/index.ts'
import type { SubnetValue, VpcValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noNetworkAcl } from './not-found.ts'
import { tagShapes } from './tags.ts'

interface ShownAcl {
  readonly shape: ec2.NetworkAcl
  readonly tags: NonNullable<VpcValue['networkAclTags']>
}

/** The network ACL that a VPC is born with: it has all its subnets, and lets everything through. */
function defaultAcl(vpc: VpcValue, subnets: readonly SubnetValue[]): ShownAcl {
  const tags = vpc.networkAclTags ?? []
  const id = networkAclId(vpc.vpcId)
  const hasIpv6 = (vpc.ipv6Associations ?? []).length > 0
  return {
    tags,
    shape: {
      NetworkAclId: id,
      VpcId: vpc.vpcId,
      OwnerId: vpc.account,
      IsDefault: true,
      Entries: [true, false].flatMap(isEgress => entries(isEgress, hasIpv6)),
      Associations: subnets.map(({ subnetId }) => ({
        NetworkAclAssociationId: networkAclAssociationId(subnetId),
        NetworkAclId: id,
        SubnetId: subnetId,
      })),
      Tags: tagShapes(tags),
    },
  }
}

/** Rule 100 allows everything; what no rule has decided on, the last one denies. AWS has both for IPv6 once the VPC has such a block. */
function entries(isEgress: boolean, hasIpv6: boolean): readonly ec2.NetworkAclEntry[] {
  const entry = (RuleNumber: number, RuleAction: 'allow' | 'deny', block: ec2.NetworkAclEntry) => ({
    ...block,
    Egress: isEgress,
    Protocol: '-1',
    RuleAction,
    RuleNumber,
  })
  const ipv4 = { CidrBlock: '0.0.0.0/0' }
  const ipv6 = { Ipv6CidrBlock: '::/0' }
  return [
    entry(100, 'allow', ipv4),
    ...(hasIpv6 ? [entry(101, 'allow', ipv6)] : []),
    entry(32_767, 'deny', ipv4),
    ...(hasIpv6 ? [entry(32_768, 'deny', ipv6)] : []),
  ]
}

const associationsOf = ({ shape }: ShownAcl): readonly ec2.NetworkAclAssociation[] => shape.Associations ?? []
const entriesOf = ({ shape }: ShownAcl): readonly ec2.NetworkAclEntry[] => shape.Entries ?? []
const nothing = (): readonly string[] => []

const fields: FilterFields<ShownAcl> = {
  'association.association-id': acl => associationsOf(acl).map(each => each.NetworkAclAssociationId),
  'association.network-acl-id': acl => associationsOf(acl).map(each => each.NetworkAclId),
  'association.subnet-id': acl => associationsOf(acl).map(each => each.SubnetId),
  default: ({ shape }) => [String(shape.IsDefault)],
  'entry.cidr': acl => entriesOf(acl).map(entry => entry.CidrBlock),
  'entry.egress': acl => entriesOf(acl).map(entry => String(entry.Egress)),
  'entry.icmp.code': nothing,
  'entry.icmp.type': nothing,
  'entry.ipv6-cidr': acl => entriesOf(acl).map(entry => entry.Ipv6CidrBlock),
  'entry.port-range.from': nothing,
  'entry.port-range.to': nothing,
  'entry.protocol': acl => entriesOf(acl).map(entry => entry.Protocol),
  'entry.rule-action': acl => entriesOf(acl).map(entry => entry.RuleAction),
  'entry.rule-number': acl => entriesOf(acl).map(entry => String(entry.RuleNumber)),
  'network-acl-id': ({ shape }) => [shape.NetworkAclId],
  'owner-id': ({ shape }) => [shape.OwnerId],
  'vpc-id': ({ shape }) => [shape.VpcId],
}

/** DescribeNetworkAcls: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html */
export const describeNetworkAcls = ec2Operation<ec2.DescribeNetworkAclsRequest, ec2.DescribeNetworkAclsResult>({
  name: 'DescribeNetworkAcls',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const [vpcs, subnets] = await Promise.all([
      network.listVpcs({ account, region }),
      network.listSubnets({ account, region }),
    ])
    const subnetsOf = Map.groupBy(
      subnets.map(subnet => subnet.value),
      subnet => subnet.vpcId,
    )
    const all = vpcs.map(vpc => defaultAcl(vpc.value, subnetsOf.get(vpc.id) ?? []))
    const chosen = named(all, input.NetworkAclIds, ({ shape }) => shape.NetworkAclId!, noNetworkAcl)
    const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeNetworkAcls')
    return { output: { NetworkAcls: shown.map(({ shape }) => shape), ...answer } }
  },
})
