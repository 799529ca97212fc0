import { ServiceError, newResourceId } from '../../base/index.ts'
import { checkRouteTable, mainAssociationOf, subnetCollection, vpcCollection } from '../../network/index.ts'
import type { Network, RouteTableAssociationValue, SubnetValue, VpcValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation } from './ec2-operation.ts'
import { missingParameter, noAssociation, noRouteTable, noSubnet } from './not-found.ts'
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
    if (present !== undefined) return { output }
    return {
      output,
      commit: {
        writes: [
          put(subnetCollection, subnet.id, { ...subnet.value, routeTableAssociation: association }, subnet.version),
        ],
        checks: [checkRouteTable(table)],
      },
    }
  },
})

/** DisassociateRouteTable: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateRouteTable.html */
export const disassociateRouteTable = ec2Operation<ec2.DisassociateRouteTableRequest, undefined>({
  name: 'DisassociateRouteTable',
  readOnly: false,
  async permissions({ AssociationId: id }, ask, network) {
    const found = await findAssociation(id, network, ask)
    return [
      await ask.on('route-table', found?.routeTableId ?? '*'),
      ...(found?.kind === 'subnet' ? [await ask.on('subnet', found.subnet.id)] : []),
    ]
  },
  async run({ AssociationId: id }, { network }, { caller: { account }, region }) {
    const found = await findAssociation(id, network, { account, region })
    if (found === undefined) throw noAssociation(id)
    if (found.kind === 'main')
      throw new ServiceError('InvalidParameterValue', `cannot disassociate the main route table association ${id}`)
    const { routeTableAssociation: _gone, ...rest } = found.subnet.value
    return {
      output: undefined,
      commit: { writes: [put(subnetCollection, found.subnet.id, rest, found.subnet.version)] },
    }
  },
})

/**
 * ReplaceRouteTableAssociation, of a subnet or of the main route table of a VPC:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html
 */
export const replaceRouteTableAssociation = ec2Operation<
  ec2.ReplaceRouteTableAssociationRequest,
  ec2.ReplaceRouteTableAssociationResult
>({
  name: 'ReplaceRouteTableAssociation',
  readOnly: false,
  // The table that something loses is asked for too, as where an association ends.
  async permissions({ AssociationId: associationId, RouteTableId: id }, ask, network) {
    const found = await findAssociation(associationId, network, ask)
    return [
      await ask.on('route-table', id),
      ...(found === undefined || found.routeTableId === id ? [] : [await ask.on('route-table', found.routeTableId)]),
      ...(found?.kind === 'subnet' ? [await ask.on('subnet', found.subnet.id)] : []),
    ]
  },
  async run({ AssociationId: associationId, RouteTableId: id }, { network, random }, { caller: { account }, region }) {
    const [table, found] = await Promise.all([
      network.findRouteTable(id, { account, region }),
      findAssociation(associationId, network, { account, region }),
    ])
    if (found === undefined) throw noAssociation(associationId)
    if (table === undefined) throw noRouteTable(id)
    if (table.vpcId !== found.vpcId) {
      throw new ServiceError(
        'InvalidParameterValue',
        `route table ${id} and ${found.kind === 'subnet' ? `subnet ${found.subnet.id}` : `network ${found.vpcId}`} belong to different networks`,
      )
    }
    const isSo = found.routeTableId === id
    const newId = isSo ? associationId : newResourceId('rtbassoc', random)
    const output = { NewAssociationId: newId, AssociationState: { State: 'associated' } }
    if (isSo) return { output }
    return {
      output,
      commit: {
        writes: [withTable(found, { associationId: newId, routeTableId: id })],
        checks: [checkRouteTable(table)],
      },
    }
  },
})

function withTable(found: FoundAssociation, association: RouteTableAssociationValue): Write {
  if (found.kind === 'main')
    return put(vpcCollection, found.vpcId, { ...found.vpc.value, mainAssociation: association }, found.vpc.version)
  const { id, value, version } = found.subnet
  return put(subnetCollection, id, { ...value, routeTableAssociation: association }, version)
}

/** An association of a route table: with a subnet, or the one that makes it the main one of a VPC. */
type FoundAssociation = { readonly routeTableId: string; readonly vpcId: string } & (
  | { readonly kind: 'subnet'; readonly subnet: StoredRecord<SubnetValue> }
  | { readonly kind: 'main'; readonly vpc: StoredRecord<VpcValue> }
)

async function findAssociation(
  associationId: string,
  network: Network,
  scope: OwnScope,
): Promise<FoundAssociation | undefined> {
  const [subnets, vpcs] = await Promise.all([network.listSubnets(scope), network.listVpcs(scope)])
  const subnet = subnets.find(one => one.value.routeTableAssociation?.associationId === associationId)
  if (subnet !== undefined) {
    const { routeTableAssociation: association, vpcId } = subnet.value
    return { kind: 'subnet', subnet, vpcId, routeTableId: association!.routeTableId }
  }
  const vpc = vpcs.find(one => mainAssociationOf(one.value).associationId === associationId)
  return vpc && { kind: 'main', vpc, vpcId: vpc.id, routeTableId: mainAssociationOf(vpc.value).routeTableId }
}
