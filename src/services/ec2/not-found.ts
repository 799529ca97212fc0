import { ServiceError } from '../../base/index.ts'

const error = (code: string, message: string): ServiceError => new ServiceError(code, message)

/** The error for a VPC that the account does not have in this Region; another account's is none either. */
export const noVpc = (id: string): ServiceError => error('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`)
/** The error for an unknown subnet, as all operations but those on endpoints say it. */
export const noSubnet = (id: string): ServiceError =>
  error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
/** As the operations on endpoints say it: with another spelling. */
export const noEndpointSubnet = (id: string): ServiceError =>
  error('InvalidSubnetId.NotFound', `The subnet ID '${id}' does not exist`)
/** The error for an association of a VPC with a block that there is not. */
export const noVpcAssociation = (id: string): ServiceError =>
  error('InvalidVpcCidrBlockAssociationID.NotFound', `The vpc CIDR block association ID '${id}' does not exist`)
/** The error for an association of a subnet with a block that there is not. */
export const noSubnetAssociation = (id: string): ServiceError =>
  error(
    'InvalidSubnetCidrBlockAssociationID.NotFound',
    `The subnet CIDR block with association ID '${id}' does not exist`,
  )
/** The error for an unknown security group. */
export const noGroup = (id: string): ServiceError =>
  error('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
/** The error for an unknown rule of a security group. */
export const noRule = (id: string): ServiceError =>
  error('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`)
/** The error for any prefix list: there are none here. */
export const noPrefixList = (id: string): ServiceError =>
  error('InvalidPrefixListID.NotFound', `The prefix list ID '${id}' does not exist`)
/** The error for an unknown network interface. */
export const noInterface = (id: string): ServiceError =>
  error('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
/** The error for an unknown endpoint, whose id has the right form. */
export const noEndpoint = (id: string): ServiceError =>
  error('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`)
/** The error for a service that endpoints are not offered for in this Region. */
export const noServiceName = (name: string): ServiceError =>
  error('InvalidServiceName', `The Vpc Endpoint Service '${name}' does not exist`)

/** The error for an unknown route table. */
export const noRouteTable = (id: string): ServiceError =>
  error('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`)
/** The error for an unknown association of a route table. */
export const noAssociation = (id: string): ServiceError =>
  error('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
/** The error for an unknown internet gateway, as all operations but CreateRoute say it. */
export const noInternetGateway = (id: string): ServiceError =>
  error('InvalidInternetGatewayID.NotFound', `The internetGateway ID '${id}' does not exist`)
/** The error for an unknown network ACL. */
export const noNetworkAcl = (id: string): ServiceError =>
  error('InvalidNetworkAclID.NotFound', `The networkAcl ID '${id}' does not exist`)
/** The error for DHCP options that are not those of the account. */
export const noDhcpOptions = (id: string): ServiceError =>
  error('InvalidDhcpOptionID.NotFound', `The dhcpOption ID '${id}' does not exist`)

/** The error for what EC2 needs although its model calls it optional; the name is spelt as in its texts. */
export const missingParameter = (name: string): ServiceError =>
  error('MissingParameter', `The request must contain the parameter ${name}`)

/** @throws {ServiceError} for an id that no endpoint can have. */
export function requireEndpointId(id: string): void {
  if (!/^vpce-[0-9a-f]{8,17}$/.test(id))
    throw error('InvalidVpcEndpointId.Malformed', `Invalid Id: '${id}' (expecting 'vpce-...')`)
}

/** @throws {ServiceError} for an id that no subnet can have. */
export function requireSubnetId(id: string): void {
  if (/^subnet-[0-9a-z]+$/.test(id)) return
  throw error(
    'InvalidSubnetId.Malformed',
    `Invalid Subnet Id: '${id}' (expecting 'subnet-...; the Id may only contain lowercase alphanumeric characters and a single dash')`,
  )
}

/** @throws {ServiceError} for an id that no route table can have. */
export const requireRouteTableId = (id: string): void => requireForm(id, 'rtb', 'InvalidRouteTableId')
/** @throws {ServiceError} for an id that no internet gateway can have. */
export const requireInternetGatewayId = (id: string): void => requireForm(id, 'igw', 'InvalidInternetGatewayId')
/** @throws {ServiceError} for an id that no network ACL can have. */
export const requireNetworkAclId = (id: string): void => requireForm(id, 'acl', 'InvalidNetworkAclId')
/** @throws {ServiceError} for an id that no DHCP options can have. */
export const requireDhcpOptionsId = (id: string): void => requireForm(id, 'dopt', 'InvalidDhcpOptionsId')

function requireForm(id: string, prefix: string, code: string): void {
  if (new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(id)) return
  throw error(`${code}.Malformed`, `Invalid id: "${id}" (expecting "${prefix}-...")`)
}
