import { ServiceError, newResourceId } from '../../base/index.ts'
import { internetGatewayCollection } from '../../network/index.ts'
import type { InternetGatewayValue } from '../../network/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noInternetGateway } from './not-found.ts'
import { internetGatewayShape } from './routing-shapes.ts'
import { specifiedTags } from './tags.ts'

/** As many as VPCs: more could not all be attached. */
const maxGatewaysPerRegion = 50

/** CreateInternetGateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html */
export const createInternetGateway = ec2Operation<ec2.CreateInternetGatewayRequest, ec2.CreateInternetGatewayResult>({
  name: 'CreateInternetGateway',
  readOnly: false,
  permissions: (input, ask) => ask.toMake('internet-gateway', input.TagSpecifications),
  async run(input, { network, random }, { caller: { account }, region }) {
    const tags = specifiedTags(input.TagSpecifications, 'internet-gateway')
    if ((await network.listInternetGateways({ account, region })).length >= maxGatewaysPerRegion) {
      throw new ServiceError(
        'InternetGatewayLimitExceeded',
        'The maximum number of internet gateways has been reached.',
      )
    }
    const value: InternetGatewayValue = {
      internetGatewayId: newResourceId('igw', random),
      account,
      region,
      tags,
    }
    const output = { InternetGateway: internetGatewayShape({ value }) }
    return {
      output,
      commit: { writes: [put(internetGatewayCollection, value.internetGatewayId, value, 'absent')] },
    }
  },
})

const fields: FilterFields<InternetGatewayValue> = {
  'internet-gateway-id': gateway => [gateway.internetGatewayId],
  'owner-id': gateway => [gateway.account],
  'attachment.vpc-id': gateway => [gateway.vpcId],
  'attachment.state': gateway => (gateway.vpcId === undefined ? [] : ['available']),
}

/** DescribeInternetGateways: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html */
export const describeInternetGateways = ec2Operation<
  ec2.DescribeInternetGatewaysRequest,
  ec2.DescribeInternetGatewaysResult
>({
  name: 'DescribeInternetGateways',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = (await network.listInternetGateways({ account, region })).map(record => record.value)
    const chosen = named(all, input.InternetGatewayIds, gateway => gateway.internetGatewayId, noInternetGateway)
    const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeInternetGateways')
    return { output: { InternetGateways: shown.map(value => internetGatewayShape({ value })), ...answer } }
  },
})

/** DeleteInternetGateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInternetGateway.html */
export const deleteInternetGateway = ec2Operation<ec2.DeleteInternetGatewayRequest, undefined>({
  name: 'DeleteInternetGateway',
  readOnly: false,
  permissions: async ({ InternetGatewayId: id }, ask) => [await ask.on('internet-gateway', id)],
  async run({ InternetGatewayId: id }, { network }, { caller: { account }, region }) {
    const gateway = await network.findInternetGateway(id, { account, region })
    if (gateway === undefined) throw noInternetGateway(id)
    if (gateway.value.vpcId !== undefined) {
      throw new ServiceError(
        'DependencyViolation',
        `The internetGateway '${id}' has dependencies and cannot be deleted.`,
      )
    }
    return { output: undefined, commit: { writes: [remove(internetGatewayCollection, id, gateway.version)] } }
  },
})
