import { ServiceError, newResourceId } from '../../base/index.ts'
import { isIpv6Address, subnetCollection, vpcCollection } from '../../network/index.ts'
import type { Network, SubnetValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSubnetIpv6Block } from './cidr-checks.ts'
import { ec2Operation } from './ec2-operation.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { missingParameter, noSubnet, noSubnetAssociation } from './not-found.ts'
import { subnetIpv6BlockShape } from './shapes.ts'
import { refuseUnserved } from './unserved.ts'

/** AssociateSubnetCidrBlock: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateSubnetCidrBlock.html */
export const associateSubnetCidrBlock = ec2Operation<
  ec2.AssociateSubnetCidrBlockRequest & { readonly DryRun?: boolean },
  ec2.AssociateSubnetCidrBlockResult
>({
  name: 'AssociateSubnetCidrBlock',
  readOnly: false,
  permissions: async ({ SubnetId: id }, ask) => [await ask.on('subnet', id)],
  async run(input, { network, random }, { caller: { account }, region }) {
    refuseUnserved(input, { Ipv6IpamPoolId: undefined, Ipv6NetmaskLength: undefined })
    const { SubnetId, Ipv6CidrBlock: text } = input
    if (text === undefined) throw missingParameter('ipv6CidrBlock')
    const subnet = await network.findSubnet(SubnetId, { account, region })
    if (subnet === undefined) throw noSubnet(SubnetId)
    if (subnet.value.ipv6Association !== undefined) {
      throw new ServiceError(
        'CidrLimitExceeded',
        `This network '${SubnetId}' has met its maximum number of allowed CIDRs: 1`,
      )
    }
    // There is no subnet without its VPC.
    const vpc = (await network.findVpc(subnet.value.vpcId, { account, region }))!
    const present = (await network.subnetsOf(vpc.id)).map(record => record.value)
    const cidr = requireSubnetIpv6Block(text, vpc.value, present)
    const ipv6Association = { associationId: newResourceId('subnet-cidr-assoc', random), cidr }
    const output = { SubnetId, Ipv6CidrBlockAssociation: subnetIpv6BlockShape(ipv6Association, 'associating') }
    return {
      output,
      // The VPC is written too, unchanged: of two requests at once for a block, or to remove the VPC's, one starts over.
      commit: {
        writes: [
          put(subnetCollection, subnet.id, { ...subnet.value, ipv6Association }, subnet.version),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

async function findSubnetOf(
  associationId: string,
  network: Network,
  scope: OwnScope,
): Promise<StoredRecord<SubnetValue> | undefined> {
  const subnets = await network.listSubnets(scope)
  return subnets.find(({ value }) => value.ipv6Association?.associationId === associationId)
}

/** DisassociateSubnetCidrBlock: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateSubnetCidrBlock.html */
export const disassociateSubnetCidrBlock = ec2Operation<
  ec2.DisassociateSubnetCidrBlockRequest & { readonly DryRun?: boolean },
  ec2.DisassociateSubnetCidrBlockResult
>({
  name: 'DisassociateSubnetCidrBlock',
  readOnly: false,
  async permissions({ AssociationId: id }, ask) {
    const subnet = await findSubnetOf(id, ask.network, ask.own)
    return [await ask.on('subnet', subnet?.id ?? '*')]
  },
  async run({ AssociationId: id }, { network }, { caller: { account }, region }) {
    const subnet = await findSubnetOf(id, network, { account, region })
    if (subnet === undefined) throw noSubnetAssociation(id)
    requireUnused(id, subnet.value)
    const { ipv6Association, ...value } = subnet.value
    const output = {
      SubnetId: subnet.id,
      Ipv6CidrBlockAssociation: subnetIpv6BlockShape(ipv6Association!, 'disassociating'),
    }
    return {
      output,
      commit: { writes: [put(subnetCollection, subnet.id, value, subnet.version)] },
    }
  },
})

function requireUnused(associationId: string, { cidr, usedAddresses, attributes }: SubnetValue): void {
  const reason =
    cidr === undefined
      ? 'its subnet is IPv6-only'
      : attributes?.assignIpv6Address === true
        ? 'its subnet has assign-ipv6-address-on-creation set to true'
        : usedAddresses.some(isIpv6Address)
          ? 'its subnet has network interfaces with addresses from it'
          : undefined
  if (reason === undefined) return
  throw new ServiceError(
    'InvalidCidrBlock.InUse',
    `The subnet IPv6 CIDR block with association ID ${associationId} may not be disassociated, because ${reason}.`,
  )
}
