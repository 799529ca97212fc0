import { ServiceError } from '../../base/index.ts'
import { idRows, isWellFormed } from './resource-ids.ts'
import type { IdRow } from './resource-ids.ts'

/** The error for an id that the account has nothing under in this Region; what another account has is nothing either. */
type Refusal = (id: string) => ServiceError

const refusalOf =
  (row: IdRow): Refusal =>
  id => {
    const { absent, malformed } = row
    if (malformed !== undefined && !hasForm(id, row)) return new ServiceError(malformed, formText(id, row))
    const [code, text] = absent
    return new ServiceError(
      code,
      text.replace('{id}', () => id),
    )
  }

function hasForm(id: string, { prefix, isOfEndpoints }: IdRow): boolean {
  return isOfEndpoints === true ? new RegExp(`^${prefix}-[0-9a-z]+$`).test(id) : isWellFormed(id, prefix)
}

function formText(id: string, { prefix, isOfEndpoints }: IdRow): string {
  if (isOfEndpoints !== true) return `Invalid id: "${id}" (expecting "${prefix}-...")`
  const noun = prefix === 'subnet' ? 'Subnet Id' : 'Id'
  return `Invalid ${noun}: '${id}' (expecting '${prefix}-...; the Id may only contain lowercase alphanumeric characters and a single dash')`
}

/** The error for an unknown VPC, as most operations say it. */
export const noVpc = refusalOf(idRows.vpc)
/** As the attachment of an internet gateway says it. */
export const noGatewayVpc = refusalOf(idRows.vpcOfGateway)
/** As CreateVpcEndpoint says it. */
export const noEndpointVpc = refusalOf(idRows.vpcOfEndpoint)
/** The error for an unknown subnet, as all operations but those on endpoints say it. */
export const noSubnet = refusalOf(idRows.subnet)
/** As the operations on endpoints say it: with another spelling. */
export const noEndpointSubnet = refusalOf(idRows.subnetOfEndpoint)
/** The error for an association of a VPC with a block that there is not. */
export const noVpcAssociation = refusalOf(idRows.vpcAssociation)
/** The error for an association of a subnet with a block that there is not. */
export const noSubnetAssociation = refusalOf(idRows.subnetAssociation)
/** The error for an unknown security group. */
export const noGroup = refusalOf(idRows.group)
/** As the operations on endpoints say it. */
export const noEndpointGroup = refusalOf(idRows.groupOfEndpoint)
/** The error for an unknown rule of a security group. */
export const noRule = refusalOf(idRows.rule)
/** The error for any prefix list: there are none here. */
export const noPrefixList = refusalOf(idRows.prefixList)
/** The error for an unknown network interface. */
export const noInterface = refusalOf(idRows.networkInterface)
/** The error for an unknown endpoint. */
export const noEndpoint = refusalOf(idRows.endpoint)
/** The error for an unknown route table. */
export const noRouteTable = refusalOf(idRows.routeTable)
/** The error for an unknown association of a route table, or of a network ACL. */
export const noAssociation = refusalOf(idRows.routeTableAssociation)
/** The error for an unknown internet gateway, as all operations but CreateRoute say it. */
export const noInternetGateway = refusalOf(idRows.internetGateway)
/** The error for an unknown network ACL. */
export const noNetworkAcl = refusalOf(idRows.networkAcl)
/** The error for DHCP options that are not those of the account. */
export const noDhcpOptions = refusalOf(idRows.dhcpOptions)
/** The error for any instance: there are none here. */
export const noInstance = refusalOf(idRows.instance)
/** The error for any peering of VPCs: there are none here. */
export const noPeering = refusalOf(idRows.peering)

/** The error for a security group that is named by its name, which has no form. */
export const noGroupName = (name: string): ServiceError =>
  new ServiceError('InvalidGroup.NotFound', `The security group '${name}' does not exist`)
/** The error for a service that endpoints are not offered for in this Region. */
export const noServiceName = (name: string): ServiceError =>
  new ServiceError('InvalidServiceName', `The Vpc Endpoint Service '${name}' does not exist`)

/** The error for what EC2 needs although its model calls it optional; the name is spelt as in its texts. */
export const missingParameter = (name: string): ServiceError =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${name}`)

/** The refusal of several ids: EC2 looks at the form of all before it looks for any. `undefined` where none is absent. */
export function refusalOfAll(absent: readonly string[], missing: Refusal): ServiceError | undefined {
  const refusals = absent.map(missing)
  return refusals.find(isMalformed) ?? refusals[0]
}

/** @throws {ServiceError} for the first id that nothing can have. */
export function requireForms(ids: readonly string[], missing: Refusal): void {
  const malformed = ids.map(missing).find(isMalformed)
  if (malformed !== undefined) throw malformed
}

const isMalformed = ({ code }: ServiceError): boolean => code.endsWith('.Malformed')
