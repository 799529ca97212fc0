import { ServiceError, newResourceId } from '../../base/index.ts'
import {
  mainAssociationOf,
  ownRouteTable,
  removeRouteTable,
  routeTableCollection,
  subnetCollection,
  takeClientToken,
  vpcCollection,
} from '../../network/index.ts'
import type { Network, RouteTableValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSameRequest, tokenMembers } from './client-token.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noRouteTable, noVpc } from './not-found.ts'
import { listRouteTableShapes, routeTableShape } from './routing-shapes.ts'
import { specifiedTags } from './tags.ts'

/** AWS's quota; the main one is counted. */
const maxTablesPerVpc = 200

/** CreateRouteTable: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html */
export const createRouteTable = ec2Operation<ec2.CreateRouteTableRequest, ec2.CreateRouteTableResult>({
  name: 'CreateRouteTable',
  readOnly: false,
  permissions: async ({ VpcId: vpcId, TagSpecifications: specifications }, ask) => [
    ...ask.toMake('route-table', specifications),
    await ask.on('vpc', vpcId),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    const { VpcId: vpcId, ClientToken: token } = input
    const scope = { account, region }
    const known = token === undefined ? undefined : await network.findRouteTableByClientToken(token, scope)
    if (known !== undefined) {
      requireSameRequest(known.value, input)
      return { output: { RouteTable: await shapeOf(known.id, network, scope), ClientToken: token } }
    }
    const vpc = await network.findVpc(vpcId, scope)
    if (vpc === undefined) throw noVpc(vpcId)
    if ((await network.allRouteTablesOf(vpc)).length >= maxTablesPerVpc)
      throw new ServiceError('RouteTableLimitExceeded', 'The maximum number of route tables has been reached.')
    const table: RouteTableValue = {
      routeTableId: newResourceId('rtb', random),
      vpcId,
      account,
      region,
      routes: [],
      tags: specifiedTags(input.TagSpecifications, 'route-table'),
      ...tokenMembers(input),
    }
    const made = ownRouteTable({ id: table.routeTableId, version: 1, value: table })
    const shape = routeTableShape(made, { vpc: vpc.value, subnets: [], gatewayId: undefined })
    const output = { RouteTable: shape, ...(token === undefined ? {} : { ClientToken: token }) }
    return {
      output,
      // The VPC is written too, unchanged: a request to delete it at the same time, or to make the 201st table, starts over.
      commit: {
        writes: [
          put(routeTableCollection, table.routeTableId, table, 'absent'),
          ...takeClientToken('route-table', table),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

async function shapeOf(
  id: string,
  network: Network,
  scope: { readonly account: string; readonly region: string },
): Promise<ec2.RouteTable> {
  const shape = (await listRouteTableShapes(network, scope)).find(table => table.RouteTableId === id)
  if (shape === undefined) throw noRouteTable(id)
  return shape
}

interface ShownTable {
  readonly shape: ec2.RouteTable
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

const associationsOf = ({ shape }: ShownTable): readonly ec2.RouteTableAssociation[] => shape.Associations ?? []
const routesOf = ({ shape }: ShownTable): readonly ec2.Route[] => shape.Routes ?? []
const nothing = (): readonly string[] => []

const fields: FilterFields<ShownTable> = {
  'association.gateway-id': nothing,
  'association.main': table => associationsOf(table).map(({ Main: isMain }) => String(isMain)),
  'association.route-table-association-id': table => associationsOf(table).map(each => each.RouteTableAssociationId),
  'association.route-table-id': table => associationsOf(table).map(each => each.RouteTableId),
  'association.subnet-id': table => associationsOf(table).map(each => each.SubnetId),
  'owner-id': ({ shape }) => [shape.OwnerId],
  'route-table-id': ({ shape }) => [shape.RouteTableId],
  'route.destination-cidr-block': table => routesOf(table).map(route => route.DestinationCidrBlock),
  'route.destination-ipv6-cidr-block': table => routesOf(table).map(route => route.DestinationIpv6CidrBlock),
  'route.destination-prefix-list-id': nothing,
  'route.egress-only-internet-gateway-id': nothing,
  'route.gateway-id': table => routesOf(table).map(route => route.GatewayId),
  'route.instance-id': nothing,
  'route.nat-gateway-id': nothing,
  'route.origin': table => routesOf(table).map(route => route.Origin),
  'route.state': table => routesOf(table).map(route => route.State),
  'route.transit-gateway-id': nothing,
  'route.vpc-peering-connection-id': nothing,
  'vpc-id': ({ shape }) => [shape.VpcId],
}

/** DescribeRouteTables: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html */
export const describeRouteTables = ec2Operation<ec2.DescribeRouteTablesRequest, ec2.DescribeRouteTablesResult>({
  name: 'DescribeRouteTables',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = (await listRouteTableShapes(network, { account, region })).map(shape => ({
      shape,
      tags: (shape.Tags ?? []).map(({ Key: key = '', Value: value = '' }) => ({ key, value })),
    }))
    const chosen = named(all, input.RouteTableIds, ({ shape }) => shape.RouteTableId!, noRouteTable)
    const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeRouteTables')
    return { output: { RouteTables: shown.map(({ shape }) => shape), ...answer } }
  },
})

/** DeleteRouteTable: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html */
export const deleteRouteTable = ec2Operation<ec2.DeleteRouteTableRequest, undefined>({
  name: 'DeleteRouteTable',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run({ RouteTableId: id }, { network }, { caller: { account }, region }) {
    const table = await network.findRouteTable(id, { account, region })
    if (table === undefined) throw noRouteTable(id)
    const [vpc, subnets] = await Promise.all([
      network.findVpc(table.vpcId, { account, region }),
      network.subnetsOf(table.vpcId),
    ])
    if (vpc === undefined) throw noRouteTable(id)
    // By the record that the commit checks: another table may have become the main one since this one was read.
    const isMain = mainAssociationOf(vpc.value).routeTableId === id
    if (isMain || subnets.some(subnet => subnet.value.routeTableAssociation?.routeTableId === id))
      throw new ServiceError('DependencyViolation', `The routeTable '${id}' has dependencies and cannot be deleted.`)
    return {
      output: undefined,
      // No subnet may have been given the table meanwhile: an association writes the subnet, and a new subnet the VPC.
      commit: {
        writes: removeRouteTable(table),
        checks: [
          check(vpcCollection, vpc.id, vpc.version),
          ...subnets.map(subnet => check(subnetCollection, subnet.id, subnet.version)),
        ],
      },
    }
  },
})
