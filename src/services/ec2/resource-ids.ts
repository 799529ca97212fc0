/** How EC2 speaks of the ids of one kind of thing. Its spelling follows no rule: clients match on what it is. */
export interface IdRow {
  /** What an id begins with, before the dash. */
  readonly prefix: string
  /** The code and the text where there is no such thing. */
  readonly absent: readonly [code: string, text: string]
  /** The code where nothing can have such an id. Without one EC2 says of those, too, that they do not exist. */
  readonly malformed?: string
  /** Operations on endpoints want less of an id's form, and say it in their own words. */
  readonly isOfEndpoints?: true
}

/**
 * The ids that requests name. Codes are those of AWS's list of error codes; where reports of real answers differ, they win: a VPC
 * or subnet whose id can't be one does not exist for most operations.
 */
export const idRows = {
  vpc: { prefix: 'vpc', absent: ['InvalidVpcID.NotFound', "The vpc ID '{id}' does not exist"] },
  vpcOfGateway: {
    prefix: 'vpc',
    absent: ['InvalidVpcID.NotFound', "The vpc ID '{id}' does not exist"],
    malformed: 'InvalidVpcId.Malformed',
  },
  vpcOfEndpoint: {
    prefix: 'vpc',
    absent: ['InvalidVpcId.NotFound', 'The Vpc Id {id} does not exist'],
    malformed: 'InvalidVpcId.Malformed',
    isOfEndpoints: true,
  },
  subnet: { prefix: 'subnet', absent: ['InvalidSubnetID.NotFound', "The subnet ID '{id}' does not exist"] },
  subnetOfEndpoint: {
    prefix: 'subnet',
    absent: ['InvalidSubnetId.NotFound', "The subnet ID '{id}' does not exist"],
    malformed: 'InvalidSubnetId.Malformed',
    isOfEndpoints: true,
  },
  group: {
    prefix: 'sg',
    absent: ['InvalidGroup.NotFound', "The security group '{id}' does not exist"],
    malformed: 'InvalidGroupId.Malformed',
  },
  groupOfEndpoint: {
    prefix: 'sg',
    absent: ['InvalidGroup.NotFound', "The security group '{id}' does not exist"],
    malformed: 'InvalidGroupId.Malformed',
    isOfEndpoints: true,
  },
  rule: {
    prefix: 'sgr',
    absent: ['InvalidSecurityGroupRuleId.NotFound', "The security group rule ID '{id}' does not exist"],
    malformed: 'InvalidSecurityGroupRuleId.Malformed',
  },
  endpoint: {
    prefix: 'vpce',
    absent: ['InvalidVpcEndpointId.NotFound', "The Vpc Endpoint Id '{id}' does not exist"],
    malformed: 'InvalidVpcEndpointId.Malformed',
    isOfEndpoints: true,
  },
  networkInterface: {
    prefix: 'eni',
    absent: ['InvalidNetworkInterfaceID.NotFound', "The networkInterface ID '{id}' does not exist"],
    malformed: 'InvalidNetworkInterfaceId.Malformed',
  },
  routeTable: {
    prefix: 'rtb',
    absent: ['InvalidRouteTableID.NotFound', "The routeTable ID '{id}' does not exist"],
    malformed: 'InvalidRouteTableId.Malformed',
  },
  internetGateway: {
    prefix: 'igw',
    absent: ['InvalidInternetGatewayID.NotFound', "The internetGateway ID '{id}' does not exist"],
    malformed: 'InvalidInternetGatewayId.Malformed',
  },
  networkAcl: {
    prefix: 'acl',
    absent: ['InvalidNetworkAclID.NotFound', "The networkAcl ID '{id}' does not exist"],
    malformed: 'InvalidNetworkAclId.Malformed',
  },
  dhcpOptions: {
    prefix: 'dopt',
    absent: ['InvalidDhcpOptionID.NotFound', "The dhcpOption ID '{id}' does not exist"],
    malformed: 'InvalidDhcpOptionsId.Malformed',
  },
  prefixList: {
    prefix: 'pl',
    absent: ['InvalidPrefixListID.NotFound', "The prefix list ID '{id}' does not exist"],
    malformed: 'InvalidPrefixListId.Malformed',
  },
  routeTableAssociation: {
    prefix: 'rtbassoc',
    absent: ['InvalidAssociationID.NotFound', "The association ID '{id}' does not exist"],
  },
  vpcAssociation: {
    prefix: 'vpc-cidr-assoc',
    absent: ['InvalidVpcCidrBlockAssociationID.NotFound', "The vpc CIDR block association ID '{id}' does not exist"],
  },
  subnetAssociation: {
    prefix: 'subnet-cidr-assoc',
    absent: [
      'InvalidSubnetCidrBlockAssociationID.NotFound',
      "The subnet CIDR block with association ID '{id}' does not exist",
    ],
  },
  instance: {
    prefix: 'i',
    absent: ['InvalidInstanceID.NotFound', "The instance ID '{id}' does not exist"],
    malformed: 'InvalidInstanceID.Malformed',
  },
  peering: {
    prefix: 'pcx',
    absent: ['InvalidVpcPeeringConnectionID.NotFound', "The vpcPeeringConnection ID '{id}' does not exist"],
    malformed: 'InvalidVpcPeeringConnectionId.Malformed',
  },
} as const satisfies Readonly<Record<string, IdRow>>

/** Whether something could have the id: EC2 has given out ids of 8 and of 17 hexadecimal digits. */
export function isWellFormed(id: string, prefix: string): boolean {
  return new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id)
}
