import { ServiceError, newResourceId } from '../../base/index.ts'
import { checkRouteTable, mainAssociationId, subnetCollection } from '../../network/index.ts'
import type { Network, SubnetValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { auditValues, ec2Operation } from './ec2-operation.ts'
import { missingParameter, noAssociation, noRouteTable, noSubnet, requireRouteTableId } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

/** AssociateRouteTable, with a subnet: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html */
export const associateRouteTable = ec2Operation<ec2.AssociateRouteTableRequest, ec2.AssociateRouteTableResult>({
  name: 'AssociateRouteTable',
  readOnly: false,
  permissions: async ({ RouteTableId: id, SubnetId: subnetId }, ask) => [
    await ask.on('route-table', id),
    ...(await ask.onEach('subnet', subnetId === undefined ? [] : [subnetId])),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    const { RouteTableId: id, SubnetId: subnetId } = input
    refuseUnserved(input, { GatewayId: undefined, PublicIpv4Pool: undefined })
    requireRouteTableId(id)
    if (subnetId === undefined) throw missingParameter('subnetId')
    const [table, subnet] = await Promise.all([
      network.findRouteTable(id, { account, region }),
      network.findSubnet(subnetId, { account, region }),
    ])
    if (table === undefined) throw noRouteTable(id)
    if (subnet === undefined) throw noSubnet(subnetId)
    if (table.vpcId !== subnet.value.vpcId) {
      throw new ServiceError(
        'InvalidParameterValue',
        `route table ${id} and subnet ${subnetId} belong to different networks`,
      )
    }
    const present = subnet.value.routeTableAssociation
    if (present !== undefined && present.routeTableId !== id) {
      throw new ServiceError(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${id} conflicts with an existing association`,
      )
    }
    const association = present ?? { associationId: newResourceId('rtbassoc', random), routeTableId: id }
    const output = { AssociationId: association.associationId, AssociationState: { State: 'associated' } }
    // What is so already is answered as if it had been done now.
    if (present !== undefined) return { output, responseElements: auditValues(output) }
    return {
      output,
      commit: {
        writes: [
          put(subnetCollection, subnet.id, { ...subnet.value, routeTableAssociation: association }, subnet.version),
        ],
        checks: [checkRouteTable(table)],
      },
      responseElements: auditValues(output),
    }
  },
})

async function findAssociated(
  associationId: string,
  network: Network,
  scope: OwnScope,
): Promise<StoredRecord<SubnetValue> | undefined> {
  const subnets = await network.listSubnets(scope)
  return subnets.find(subnet => subnet.value.routeTableAssociation?.associationId === associationId)
}

/** DisassociateRouteTable: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateRouteTable.html */
export const disassociateRouteTable = ec2Operation<ec2.DisassociateRouteTableRequest, undefined>({
  name: 'DisassociateRouteTable',
  readOnly: false,
  async permissions({ AssociationId: id }, ask, network) {
    const subnet = await findAssociated(id, network, ask)
    if (subnet !== undefined) {
      const tableId = subnet.value.routeTableAssociation!.routeTableId
      return [await ask.on('route-table', tableId), await ask.on('subnet', subnet.id)]
    }
    const main = await findMainTable(id, network, ask)
    return [await ask.on('route-table', main ?? '*')]
  },
  async run({ AssociationId: id }, { network }, { caller: { account }, region }) {
    const subnet = await findAssociated(id, network, { account, region })
    if (subnet !== undefined) {
      const { routeTableAssociation: _gone, ...rest } = subnet.value
      return { output: undefined, commit: { writes: [put(subnetCollection, subnet.id, rest, subnet.version)] } }
    }
    if ((await findMainTable(id, network, { account, region })) === undefined) throw noAssociation(id)
    throw new ServiceError('InvalidParameterValue', `cannot disassociate the main route table association ${id}`)
  },
})

async function findMainTable(associationId: string, network: Network, scope: OwnScope): Promise<string | undefined> {
  const tables = await network.listRouteTables(scope)
  return tables.find(({ keptIn, vpcId }) => keptIn.kind === 'vpc' && mainAssociationId(vpcId) === associationId)
    ?.routeTableId
}
