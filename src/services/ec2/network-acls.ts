import { ServiceError, newResourceId } from '../../base/index.ts'
import {
  networkAclAssociationOf,
  networkAclCollection,
  ownNetworkAcl,
  removeNetworkAcl,
  subnetCollection,
  takeClientToken,
  vpcCollection,
} from '../../network/index.ts'
import type { Network, NetworkAclValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSameRequest, tokenMembers } from './client-token.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { networkAclShape } from './network-acl-shape.ts'
import { noNetworkAcl, noVpc } from './not-found.ts'
import { specifiedTags } from './tags.ts'

/** AWS's quota; the default one is counted. */
const maxAclsPerVpc = 200

/** CreateNetworkAcl, which lets nothing through: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html */
export const createNetworkAcl = ec2Operation<ec2.CreateNetworkAclRequest, ec2.CreateNetworkAclResult>({
  name: 'CreateNetworkAcl',
  readOnly: false,
  permissions: async ({ VpcId: vpcId, TagSpecifications: specifications }, ask) => [
    ...ask.toMake('network-acl', specifications),
    await ask.on('vpc', vpcId),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    const { VpcId: vpcId, ClientToken: token } = input
    const scope = { account, region }
    const known = token === undefined ? undefined : await network.findNetworkAclByClientToken(token, scope)
    if (known !== undefined) {
      requireSameRequest(known.value, input)
      const shape = (await listShapes(network, scope)).find(acl => acl.NetworkAclId === known.id)
      if (shape === undefined) throw noNetworkAcl(known.id)
      return { output: { NetworkAcl: shape, ClientToken: token } }
    }
    const vpc = await network.findVpc(vpcId, scope)
    if (vpc === undefined) throw noVpc(vpcId)
    if ((await network.networkAclsOf(vpcId)).length + 1 >= maxAclsPerVpc)
      throw new ServiceError('NetworkAclLimitExceeded', 'The maximum number of network ACLs has been reached.')
    const acl: NetworkAclValue = {
      networkAclId: newResourceId('acl', random),
      vpcId,
      account,
      region,
      rules: { ingress: [], egress: [] },
      tags: specifiedTags(input.TagSpecifications, 'network-acl'),
      ...tokenMembers(input),
    }
    const hasIpv6 = (vpc.value.ipv6Associations ?? []).length > 0
    const made = ownNetworkAcl({ id: acl.networkAclId, version: 1, value: acl })
    const shape = networkAclShape(made, { subnets: [], hasIpv6 })
    const output = { NetworkAcl: shape, ...(token === undefined ? {} : { ClientToken: token }) }
    return {
      output,
      // The VPC is written too, unchanged: a request to delete it at the same time, or to make the 201st ACL, starts over.
      commit: {
        writes: [
          put(networkAclCollection, acl.networkAclId, acl, 'absent'),
          ...takeClientToken('network-acl', acl),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

/** All network ACLs of an account in a Region, as EC2 shows them. */
async function listShapes(network: Network, scope: OwnScope): Promise<readonly ec2.NetworkAcl[]> {
  const [acls, vpcs, subnets] = await Promise.all([
    network.listNetworkAcls(scope),
    network.listVpcs(scope),
    network.listSubnets(scope),
  ])
  const withIpv6 = new Set(vpcs.filter(vpc => (vpc.value.ipv6Associations ?? []).length > 0).map(vpc => vpc.id))
  const subnetsOf = Map.groupBy(
    subnets.map(subnet => subnet.value),
    subnet => networkAclAssociationOf(subnet).networkAclId,
  )
  return acls.map(acl =>
    networkAclShape(acl, { subnets: subnetsOf.get(acl.networkAclId) ?? [], hasIpv6: withIpv6.has(acl.vpcId) }),
  )
}

interface ShownAcl {
  readonly shape: ec2.NetworkAcl
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

const associationsOf = ({ shape }: ShownAcl): readonly ec2.NetworkAclAssociation[] => shape.Associations ?? []
const entriesOf = ({ shape }: ShownAcl): readonly ec2.NetworkAclEntry[] => shape.Entries ?? []
const numberText = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))

const fields: FilterFields<ShownAcl> = {
  'association.association-id': acl => associationsOf(acl).map(each => each.NetworkAclAssociationId),
  'association.network-acl-id': acl => associationsOf(acl).map(each => each.NetworkAclId),
  'association.subnet-id': acl => associationsOf(acl).map(each => each.SubnetId),
  default: ({ shape }) => [String(shape.IsDefault)],
  'entry.cidr': acl => entriesOf(acl).map(entry => entry.CidrBlock),
  'entry.egress': acl => entriesOf(acl).map(entry => String(entry.Egress)),
  'entry.icmp.code': acl => entriesOf(acl).map(entry => numberText(entry.IcmpTypeCode?.Code)),
  'entry.icmp.type': acl => entriesOf(acl).map(entry => numberText(entry.IcmpTypeCode?.Type)),
  'entry.ipv6-cidr': acl => entriesOf(acl).map(entry => entry.Ipv6CidrBlock),
  'entry.port-range.from': acl => entriesOf(acl).map(entry => numberText(entry.PortRange?.From)),
  'entry.port-range.to': acl => entriesOf(acl).map(entry => numberText(entry.PortRange?.To)),
  'entry.protocol': acl => entriesOf(acl).map(entry => entry.Protocol),
  'entry.rule-action': acl => entriesOf(acl).map(entry => entry.RuleAction),
  'entry.rule-number': acl => entriesOf(acl).map(entry => numberText(entry.RuleNumber)),
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
    const all = (await listShapes(network, { account, region })).map(shape => ({
      shape,
      tags: (shape.Tags ?? []).map(({ Key: key = '', Value: value = '' }) => ({ key, value })),
    }))
    const chosen = named(all, input.NetworkAclIds, ({ shape }) => shape.NetworkAclId!, noNetworkAcl)
    const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeNetworkAcls')
    return { output: { NetworkAcls: shown.map(({ shape }) => shape), ...answer } }
  },
})

/** DeleteNetworkAcl: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAcl.html */
export const deleteNetworkAcl = ec2Operation<ec2.DeleteNetworkAclRequest, undefined>({
  name: 'DeleteNetworkAcl',
  readOnly: false,
  permissions: async ({ NetworkAclId: id }, ask) => [await ask.on('network-acl', id)],
  async run({ NetworkAclId: id }, { network }, { caller: { account }, region }) {
    const acl = await network.findNetworkAcl(id, { account, region })
    if (acl === undefined) throw noNetworkAcl(id)
    if (acl.keptIn.kind === 'vpc')
      throw new ServiceError('InvalidParameterValue', `cannot delete default network ACL ${id}`)
    const [vpc, subnets] = await Promise.all([
      network.findVpc(acl.vpcId, { account, region }),
      network.subnetsOf(acl.vpcId),
    ])
    if (subnets.some(subnet => networkAclAssociationOf(subnet.value).networkAclId === id))
      throw new ServiceError('DependencyViolation', `The networkAcl '${id}' has dependencies and cannot be deleted.`)
    return {
      output: undefined,
      // No subnet may have been given the ACL meanwhile: an association writes the subnet, and a new subnet the VPC.
      commit: {
        writes: removeNetworkAcl(acl.keptIn.record),
        checks: [
          ...(vpc === undefined ? [] : [check(vpcCollection, vpc.id, vpc.version)]),
          ...subnets.map(subnet => check(subnetCollection, subnet.id, subnet.version)),
        ],
      },
    }
  },
})
