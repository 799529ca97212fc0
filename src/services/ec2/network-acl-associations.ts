import { ServiceError, newResourceId } from '../../base/index.ts'
import { checkNetworkAcl, networkAclAssociationOf, subnetCollection } from '../../network/index.ts'
import type { Network, SubnetValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation } from './ec2-operation.ts'
import { noAssociation, noNetworkAcl } from './not-found.ts'

async function findAssociated(
  associationId: string,
  network: Network,
  scope: OwnScope,
): Promise<StoredRecord<SubnetValue> | undefined> {
  const subnets = await network.listSubnets(scope)
  return subnets.find(subnet => networkAclAssociationOf(subnet.value).associationId === associationId)
}

/**
 * ReplaceNetworkAclAssociation: a subnet always has an ACL, so that this is the one way to give it another.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html
 */
export const replaceNetworkAclAssociation = ec2Operation<
  ec2.ReplaceNetworkAclAssociationRequest,
  ec2.ReplaceNetworkAclAssociationResult
>({
  name: 'ReplaceNetworkAclAssociation',
  readOnly: false,
  // The ACL that the subnet loses is asked for too: what it stopped is stopped no more.
  async permissions({ AssociationId: associationId, NetworkAclId: id }, ask, network) {
    const subnet = await findAssociated(associationId, network, ask)
    const asked = [await ask.on('network-acl', id)] as const
    if (subnet === undefined) return asked
    const lost = networkAclAssociationOf(subnet.value).networkAclId
    return [...asked, ...(lost === id ? [] : [await ask.on('network-acl', lost)]), await ask.on('subnet', subnet.id)]
  },
  async run({ AssociationId: associationId, NetworkAclId: id }, { network, random }, { caller: { account }, region }) {
    const [subnet, acl] = await Promise.all([
      findAssociated(associationId, network, { account, region }),
      network.findNetworkAcl(id, { account, region }),
    ])
    if (subnet === undefined) throw noAssociation(associationId)
    if (acl === undefined) throw noNetworkAcl(id)
    if (acl.vpcId !== subnet.value.vpcId) {
      throw new ServiceError(
        'InvalidParameterValue',
        `network ACL ${id} and subnet ${subnet.id} belong to different networks`,
      )
    }
    const isSo = networkAclAssociationOf(subnet.value).networkAclId === id
    const association = { associationId: isSo ? associationId : newResourceId('aclassoc', random), networkAclId: id }
    const output = { NewAssociationId: association.associationId }
    if (isSo) return { output }
    return {
      output,
      commit: {
        writes: [
          put(subnetCollection, subnet.id, { ...subnet.value, networkAclAssociation: association }, subnet.version),
        ],
        checks: [checkNetworkAcl(acl)],
      },
    }
  },
})
