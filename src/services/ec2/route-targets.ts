import { ServiceError } from '../../base/index.ts'
import type { InternetGatewayValue, Network, RouteTable } from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { interfacesOf } from './network-interfaces.ts'
import { noEndpoint, noInstance, noInterface, noPeering } from './not-found.ts'

type Targets = Pick<
  ec2.CreateRouteRequest,
  | 'CarrierGatewayId'
  | 'CoreNetworkArn'
  | 'EgressOnlyInternetGatewayId'
  | 'GatewayId'
  | 'InstanceId'
  | 'LocalGatewayId'
  | 'NatGatewayId'
  | 'NetworkInterfaceId'
  | 'OdbNetworkArn'
  | 'TransitGatewayId'
  | 'VpcEndpointId'
  | 'VpcPeeringConnectionId'
>

const notFound =
  (code: string, noun: string) =>
  (id: string): ServiceError =>
    new ServiceError(code, `The ${noun} ID '${id}' does not exist`)

/** What a route can have as its target in AWS, and the error where it is none: most of these there are not here. */
const targets: Readonly<Record<keyof Targets, (id: string) => ServiceError>> = {
  GatewayId: notFound('InvalidGatewayID.NotFound', 'gateway'),
  NatGatewayId: notFound('InvalidNatGatewayID.NotFound', 'natGateway'),
  NetworkInterfaceId: noInterface,
  VpcPeeringConnectionId: noPeering,
  EgressOnlyInternetGatewayId: notFound('InvalidGatewayID.NotFound', 'eigw'),
  TransitGatewayId: notFound('InvalidTransitGatewayID.NotFound', 'transitGateway'),
  LocalGatewayId: notFound('InvalidLocalGatewayID.NotFound', 'localGateway'),
  CarrierGatewayId: notFound('InvalidCarrierGatewayID.NotFound', 'carrierGateway'),
  InstanceId: noInstance,
  CoreNetworkArn: notFound('InvalidCoreNetworkArn.NotFound', 'coreNetwork'),
  OdbNetworkArn: notFound('InvalidOdbNetworkArn.NotFound', 'odbNetwork'),
  VpcEndpointId: noEndpoint,
}

/** The gateway that a route is to lead to: it must be attached to the table's VPC. @throws {ServiceError} */
export async function requireRouteTarget(
  input: Targets,
  table: RouteTable,
  network: Network,
): Promise<StoredRecord<InternetGatewayValue>> {
  const given = targetsIn(input)
  const [name] = given
  if (name === undefined || given.length > 1) throw notOneTarget()
  const id = input[name]!
  if (name === 'NetworkInterfaceId' || name === 'VpcEndpointId') await refuseExisting(name, id, table, network)
  const gateway = name === 'GatewayId' ? await network.findInternetGateway(id, table) : undefined
  if (gateway === undefined) throw targets[name](id)
  if (gateway.value.vpcId === table.vpcId) return gateway
  throw new ServiceError(
    'InvalidParameterValue',
    `route table ${table.routeTableId} and network gateway ${id} belong to different networks`,
  )
}

/** @throws {ServiceError} where a request names a target beside the one that is local. */
export function requireNoTarget(input: Targets): void {
  if (targetsIn(input).length > 0) throw notOneTarget()
}

const targetsIn = (input: Targets): readonly (keyof Targets)[] =>
  (Object.keys(targets) as (keyof Targets)[]).filter(name => input[name] !== undefined)

const notOneTarget = (): ServiceError =>
  new ServiceError(
    'MissingParameter',
    'The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId or instanceId',
  )

/** Interfaces and interface endpoints exist here, but nothing is routed to them. @throws {ServiceError} */
async function refuseExisting(
  name: 'NetworkInterfaceId' | 'VpcEndpointId',
  id: string,
  table: RouteTable,
  network: Network,
): Promise<void> {
  const isThere =
    name === 'VpcEndpointId'
      ? (await network.findOwnEndpoint(id, table)) !== undefined
      : (await interfacesOf(network, table)).some(one => one.NetworkInterfaceId === id)
  if (isThere) throw new ServiceError('UnsupportedOperation', `Routes to ${id} are not supported`)
}
