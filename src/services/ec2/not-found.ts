import { ServiceError } from '../../base/index.ts'

const error = (code: string, message: string): ServiceError => new ServiceError(code, message)

export const noVpc = (id: string): ServiceError => error('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`)
export const noSubnet = (id: string): ServiceError =>
  error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
/** As the operations on endpoints say it: with another spelling. */
export const noEndpointSubnet = (id: string): ServiceError =>
  error('InvalidSubnetId.NotFound', `The subnet ID '${id}' does not exist`)
export const noGroup = (id: string): ServiceError =>
  error('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
export const noRule = (id: string): ServiceError =>
  error('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`)
export const noPrefixList = (id: string): ServiceError =>
  error('InvalidPrefixListID.NotFound', `The prefix list ID '${id}' does not exist`)
export const noInterface = (id: string): ServiceError =>
  error('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)
export const noEndpoint = (id: string): ServiceError =>
  error('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`)
export const noServiceName = (name: string): ServiceError =>
  error('InvalidServiceName', `The Vpc Endpoint Service '${name}' does not exist`)

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
