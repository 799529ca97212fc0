import { ServiceError } from '../../base/index.ts'
import { internetGatewayCollection, vpcCollection } from '../../network/index.ts'
import type { InternetGatewayValue, Network, VpcValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation } from './ec2-operation.ts'
import type { NeededPermissions, PermissionBuilder } from './needed-permissions.ts'
import { noGatewayVpc, noInternetGateway } from './not-found.ts'

type AttachmentInput = ec2.AttachInternetGatewayRequest | ec2.DetachInternetGatewayRequest

const onBoth = async (
  { InternetGatewayId: id, VpcId: vpcId }: AttachmentInput,
  ask: PermissionBuilder,
): Promise<NeededPermissions> => [await ask.on('internet-gateway', id), await ask.on('vpc', vpcId)]

async function requireBoth(
  { InternetGatewayId: id, VpcId: vpcId }: AttachmentInput,
  network: Network,
  scope: OwnScope,
): Promise<{ readonly gateway: StoredRecord<InternetGatewayValue>; readonly vpc: StoredRecord<VpcValue> }> {
  const [gateway, vpc] = await Promise.all([network.findInternetGateway(id, scope), network.findVpc(vpcId, scope)])
  if (gateway === undefined) throw noInternetGateway(id)
  if (vpc === undefined) throw noGatewayVpc(vpcId)
  return { gateway, vpc }
}

/** AttachInternetGateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html */
export const attachInternetGateway = ec2Operation<ec2.AttachInternetGatewayRequest, undefined>({
  name: 'AttachInternetGateway',
  readOnly: false,
  permissions: onBoth,
  async run(input, { network }, { caller: { account }, region }) {
    const { gateway, vpc } = await requireBoth(input, network, { account, region })
    const { vpcId: present } = gateway.value
    if (present !== undefined) {
      throw new ServiceError(
        'Resource.AlreadyAssociated',
        `resource ${gateway.id} is already attached to network ${present}`,
      )
    }
    if ((await network.internetGatewayOf(vpc.id)) !== undefined)
      throw new ServiceError('InvalidParameterValue', `Network ${vpc.id} already has an internet gateway attached`)
    return {
      output: undefined,
      // The VPC is written too, unchanged: of two gateways that are attached to it at once, or of one and its deletion, one starts over.
      commit: {
        writes: [
          put(internetGatewayCollection, gateway.id, { ...gateway.value, vpcId: vpc.id }, gateway.version),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

/** DetachInternetGateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html */
export const detachInternetGateway = ec2Operation<ec2.DetachInternetGatewayRequest, undefined>({
  name: 'DetachInternetGateway',
  readOnly: false,
  permissions: onBoth,
  async run(input, { network }, { caller: { account }, region }) {
    const { gateway, vpc } = await requireBoth(input, network, { account, region })
    const { vpcId: present, ...detached } = gateway.value
    if (present !== vpc.id) {
      throw new ServiceError('Gateway.NotAttached', `resource ${gateway.id} is not attached to network ${vpc.id}`)
    }
    return {
      output: undefined,
      commit: { writes: [put(internetGatewayCollection, gateway.id, detached, gateway.version)] },
    }
  },
})
