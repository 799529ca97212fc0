import { blocksOf, isIpv6Address } from '../../network/index.ts'
import type { InternetGatewayValue, Network, RouteTable, SubnetValue, VpcValue } from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { tagShapes } from './tags.ts'

/** What a route table shows of other records. */
export interface RoutingSurroundings {
  readonly vpc: VpcValue | undefined
  /** Those that the table was given to. */
  readonly subnets: readonly SubnetValue[]
  /** Id of the gateway that is attached to the VPC. */
  readonly gatewayId: string | undefined
}

/** A route table as EC2 shows it. */
export function routeTableShape(table: RouteTable, { vpc, subnets, gatewayId }: RoutingSurroundings): ec2.RouteTable {
  return {
    RouteTableId: table.routeTableId,
    VpcId: table.vpcId,
    OwnerId: table.account,
    Associations: [...mainAssociation(table), ...subnets.map(subnetAssociation)],
    Routes: [
      ...(vpc === undefined ? [] : blocksOf(vpc)).map(block => ({
        ...destinationShape(block),
        GatewayId: 'local',
        Origin: 'CreateRouteTable',
        State: 'active',
      })),
      ...table.routes.map(route => ({
        ...destinationShape(route.destination),
        GatewayId: route.gatewayId,
        Origin: 'CreateRoute',
        // A route outlives the attachment of its gateway, and the gateway itself.
        State: route.gatewayId === gatewayId ? 'active' : 'blackhole',
      })),
    ],
    PropagatingVgws: [],
    Tags: tagShapes(table.tags),
  }
}

function mainAssociation({ routeTableId, mainAssociationId }: RouteTable): readonly ec2.RouteTableAssociation[] {
  if (mainAssociationId === undefined) return []
  return [
    {
      Main: true,
      RouteTableAssociationId: mainAssociationId,
      RouteTableId: routeTableId,
      AssociationState: { State: 'associated' },
    },
  ]
}

function subnetAssociation({ subnetId, routeTableAssociation }: SubnetValue): ec2.RouteTableAssociation {
  return {
    Main: false,
    RouteTableAssociationId: routeTableAssociation?.associationId,
    RouteTableId: routeTableAssociation?.routeTableId,
    SubnetId: subnetId,
    AssociationState: { State: 'associated' },
  }
}

function destinationShape(block: string): ec2.Route {
  return isIpv6Address(block.split('/')[0]!) ? { DestinationIpv6CidrBlock: block } : { DestinationCidrBlock: block }
}

/** All route tables of an account in a Region, as EC2 shows them. */
export async function listRouteTableShapes(network: Network, scope: OwnScope): Promise<readonly ec2.RouteTable[]> {
  const [tables, vpcs, subnets, gateways] = await Promise.all([
    network.listRouteTables(scope),
    network.listVpcs(scope),
    network.listSubnets(scope),
    network.listInternetGateways(scope),
  ])
  const vpcOf = new Map(vpcs.map(vpc => [vpc.id, vpc.value]))
  const gatewayOf = new Map(gateways.map(gateway => [gateway.value.vpcId, gateway.id]))
  const subnetsOf = Map.groupBy(
    subnets.map(subnet => subnet.value),
    subnet => subnet.routeTableAssociation?.routeTableId,
  )
  return tables.map(table =>
    routeTableShape(table, {
      vpc: vpcOf.get(table.vpcId),
      subnets: subnetsOf.get(table.routeTableId) ?? [],
      gatewayId: gatewayOf.get(table.vpcId),
    }),
  )
}

/** An internet gateway as EC2 shows it. An attachment is "available", whatever the model's enumeration says. */
export function internetGatewayShape({
  value,
}: Pick<StoredRecord<InternetGatewayValue>, 'value'>): ec2.InternetGateway {
  return {
    InternetGatewayId: value.internetGatewayId,
    OwnerId: value.account,
    Attachments: value.vpcId === undefined ? [] : [{ State: 'available', VpcId: value.vpcId }],
    Tags: tagShapes(value.tags),
  }
}
