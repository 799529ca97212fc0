import { ServiceError } from '../../base/index.ts'
import { createVpc, deleteVpc, formatBlock, parseBlockLoosely, setVpc } from '../../network/index.ts'
import type { FilterFields } from './filters.ts'
import type { VpcValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { auditValues, ec2Operation, readCheck, resourceCheck } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { noVpc } from './not-found.ts'
import { vpcShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'

/** CreateVpc: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html */
export const createVpcOperation = ec2Operation<ec2.CreateVpcRequest, ec2.CreateVpcResult>({
  name: 'CreateVpc',
  readOnly: false,
  checks: (_input, scope) => [resourceCheck('CreateVpc', 'vpc/*', scope)],
  async run(input, { network, random }, { caller: { account }, region }) {
    const block = parseBlockLoosely(input.CidrBlock ?? '')
    if (input.CidrBlock === undefined)
      throw new ServiceError('MissingParameter', 'Either cidrBlock or ipv4IpamPoolId should be provided.')
    if (block === undefined) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
      )
    }
    if (block.prefix < 16 || block.prefix > 28)
      throw new ServiceError('InvalidVpc.Range', `The CIDR '${input.CidrBlock}' is invalid.`)
    const tags = specifiedTags(input.TagSpecifications, 'vpc')
    const made = createVpc({ account, region, cidr: formatBlock(block), tags }, await network.usedWindows(), random)
    if (made === undefined) throw new ServiceError('VpcLimitExceeded', 'The maximum number of VPCs has been reached.')
    const output = { Vpc: vpcShape(made.vpc) }
    return { output, commit: { writes: made.writes }, responseElements: auditValues(output) }
  },
})

const fields: FilterFields<VpcValue> = {
  'vpc-id': vpc => [vpc.vpcId],
  cidr: vpc => [vpc.cidr],
  'cidr-block': vpc => [vpc.cidr],
  'cidr-block-association.cidr-block': vpc => [vpc.cidr],
  'owner-id': vpc => [vpc.account],
  state: () => ['available'],
  isDefault: () => ['false'],
  'is-default': () => ['false'],
  'dhcp-options-id': () => ['default'],
}

/** DescribeVpcs: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html */
export const describeVpcs = ec2Operation<ec2.DescribeVpcsRequest, ec2.DescribeVpcsResult>({
  name: 'DescribeVpcs',
  readOnly: true,
  checks: readCheck('DescribeVpcs'),
  async run(input, { network }, { caller: { account }, region }) {
    const all = (await network.listVpcs({ account, region })).map(record => record.value)
    const kept = applyFilters(
      named(all, input.VpcIds, vpc => vpc.vpcId, noVpc),
      input.Filters,
      fields,
    )
    const { shown, answer } = pageOf(kept, input)
    return { output: { Vpcs: shown.map(vpcShape), ...answer } }
  },
})

/** DeleteVpc: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html */
export const deleteVpcOperation = ec2Operation<ec2.DeleteVpcRequest, undefined>({
  name: 'DeleteVpc',
  readOnly: false,
  checks: ({ VpcId: id }, scope) => [resourceCheck('DeleteVpc', `vpc/${id}`, scope)],
  async run({ VpcId: id }, { network }, { caller: { account }, region }) {
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    const [subnets, endpoints, groups] = await Promise.all([
      network.subnetsOf(id),
      network.endpointsOf(id),
      network.securityGroupsOf(id),
    ])
    const standard = groups.find(group => group.value.name === 'default')
    if (subnets.length > 0 || endpoints.length > 0 || groups.length > 1 || standard === undefined) {
      throw new ServiceError('DependencyViolation', `The vpc '${id}' has dependencies and cannot be deleted.`)
    }
    return { output: undefined, commit: { writes: deleteVpc(vpc, standard) } }
  },
})

/** ModifyVpcAttribute, one attribute a call: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html */
export const modifyVpcAttribute = ec2Operation<
  ec2.ModifyVpcAttributeRequest & { readonly DryRun?: boolean },
  undefined
>({
  name: 'ModifyVpcAttribute',
  readOnly: false,
  checks: ({ VpcId: id }, scope) => [resourceCheck('ModifyVpcAttribute', `vpc/${id}`, scope)],
  async run(
    { VpcId: id, EnableDnsHostnames: hostnames, EnableDnsSupport: support, ...others },
    { network },
    { caller: { account }, region },
  ) {
    const given = [hostnames, support, others.EnableNetworkAddressUsageMetrics].filter(
      attribute => attribute !== undefined,
    )
    if (given.length !== 1)
      throw new ServiceError('InvalidParameterCombination', 'Fields for multiple attribute types specified')
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    if (others.EnableNetworkAddressUsageMetrics?.Value === true) {
      throw new ServiceError('UnsupportedOperation', 'Network address usage metrics are not kept')
    }
    const changed = {
      ...(hostnames?.Value === undefined ? {} : { enableDnsHostnames: hostnames.Value }),
      ...(support?.Value === undefined ? {} : { enableDnsSupport: support.Value }),
    }
    return { output: undefined, commit: { writes: setVpc(vpc, changed) } }
  },
})

/** DescribeVpcAttribute: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html */
export const describeVpcAttribute = ec2Operation<ec2.DescribeVpcAttributeRequest, ec2.DescribeVpcAttributeResult>({
  name: 'DescribeVpcAttribute',
  readOnly: true,
  checks: ({ VpcId: id }, scope) => [resourceCheck('DescribeVpcAttribute', `vpc/${id}`, scope)],
  async run({ VpcId: id, Attribute: attribute }, { network }, { caller: { account }, region }) {
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    const { enableDnsSupport, enableDnsHostnames } = vpc.value
    switch (attribute) {
      case 'enableDnsSupport':
        return { output: { VpcId: id, EnableDnsSupport: { Value: enableDnsSupport } } }
      case 'enableDnsHostnames':
        return { output: { VpcId: id, EnableDnsHostnames: { Value: enableDnsHostnames } } }
      case 'enableNetworkAddressUsageMetrics':
        return { output: { VpcId: id, EnableNetworkAddressUsageMetrics: { Value: false } } }
      default:
        throw new ServiceError(
          'InvalidParameterValue',
          `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`,
        )
    }
  },
})
