import { ServiceError } from '../../base/index.ts'
import { blocksOf, internetGatewayCollection, setRoutes, vpcCollection } from '../../network/index.ts'
import { check } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation } from './ec2-operation.ts'
import { requireDestination, requireOutside, requireTable } from './route-destinations.ts'
import { requireNoTarget, requireRouteTarget } from './route-targets.ts'

/** AWS's quota for the routes that somebody made. */
const maxRoutes = 500

/** CreateRoute, to an internet gateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html */
export const createRoute = ec2Operation<ec2.CreateRouteRequest, ec2.CreateRouteResult>({
  name: 'CreateRoute',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const { table, vpc } = await requireTable(input.RouteTableId, network, { account, region })
    const destination = requireDestination(input)
    const gateway = await requireRouteTarget(input, table, network)
    requireOutside(destination, vpc.value)
    const present = table.routes.find(route => route.destination === destination)
    const output = { Return: true }
    // The same route once more is answered as if it had been made now.
    if (present?.gatewayId === gateway.id) return { output }
    if (present !== undefined)
      throw new ServiceError('RouteAlreadyExists', `The route identified by ${destination} already exists.`)
    if (table.routes.length >= maxRoutes)
      throw new ServiceError('RouteLimitExceeded', 'The maximum number of routes has been reached.')
    return {
      output,
      commit: {
        writes: [setRoutes(table, [...table.routes, { destination, gatewayId: gateway.id }])],
        checks: [
          check(internetGatewayCollection, gateway.id, gateway.version),
          // The VPC has its blocks still: none of them has come to hold the destination.
          check(vpcCollection, vpc.id, vpc.version),
        ],
      },
    }
  },
})

/** ReplaceRoute, by another internet gateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html */
export const replaceRoute = ec2Operation<ec2.ReplaceRouteRequest, undefined>({
  name: 'ReplaceRoute',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run({ LocalTarget: isLocal, ...input }, { network }, { caller: { account }, region }) {
    const { table, vpc } = await requireTable(input.RouteTableId, network, { account, region })
    const destination = requireDestination(input)
    if (isLocal === true) {
      requireNoTarget(input)
      // The local routes have no other target here, so there is nothing to put back.
      if (blocksOf(vpc.value).includes(destination)) return { output: undefined }
      throw new ServiceError(
        'InvalidParameterValue',
        `The destination CIDR block ${destination} is not one of this VPC's CIDR blocks: only its local routes can have the target local.`,
      )
    }
    const gateway = await requireRouteTarget(input, table, network)
    requireOutside(destination, vpc.value)
    const present = table.routes.find(route => route.destination === destination)
    if (present === undefined) {
      throw new ServiceError(
        'InvalidParameterValue',
        `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
      )
    }
    if (present.gatewayId === gateway.id) return { output: undefined }
    const routes = table.routes.map(route => (route === present ? { destination, gatewayId: gateway.id } : route))
    return {
      output: undefined,
      commit: {
        writes: [setRoutes(table, routes)],
        checks: [
          check(internetGatewayCollection, gateway.id, gateway.version),
          check(vpcCollection, vpc.id, vpc.version),
        ],
      },
    }
  },
})

/** DeleteRoute: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html */
export const deleteRoute = ec2Operation<ec2.DeleteRouteRequest, undefined>({
  name: 'DeleteRoute',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const { table, vpc } = await requireTable(input.RouteTableId, network, { account, region })
    const destination = requireDestination(input)
    if (blocksOf(vpc.value).includes(destination)) {
      throw new ServiceError(
        'InvalidParameterValue',
        `cannot remove local route ${destination} in route table ${table.routeTableId}`,
      )
    }
    const kept = table.routes.filter(route => route.destination !== destination)
    if (kept.length === table.routes.length) {
      const member = input.DestinationCidrBlock === undefined ? 'destination-ipv6-cidr-block' : 'destination-cidr-block'
      throw new ServiceError(
        'InvalidRoute.NotFound',
        `no route with ${member} ${destination} in route table ${table.routeTableId}`,
      )
    }
    return { output: undefined, commit: { writes: [setRoutes(table, kept)] } }
  },
})
