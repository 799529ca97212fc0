import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { describeAvailabilityZones, describePrefixLists } from './availability-zones.ts'
import { createVpcEndpoint } from './create-vpc-endpoint.ts'
import type { Ec2Needs } from './ec2-operation.ts'
import { modifyVpcEndpoint } from './modify-vpc-endpoint.ts'
import { describeNetworkInterfaces } from './network-interfaces.ts'
import { createTags, deleteTags, describeTags } from './resource-tags.ts'
import {
  authorizeSecurityGroupEgress,
  authorizeSecurityGroupIngress,
  describeSecurityGroupRules,
  revokeSecurityGroupEgress,
  revokeSecurityGroupIngress,
} from './security-group-rules.ts'
import { createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from './security-groups.ts'
import { createSubnet, deleteSubnet, describeSubnets } from './subnets.ts'
import { describeVpcEndpointServices } from './vpc-endpoint-services.ts'
import { deleteVpcEndpoints, describeVpcEndpoints } from './vpc-endpoints.ts'
import {
  createVpcOperation,
  deleteVpcOperation,
  describeVpcAttribute,
  describeVpcs,
  modifyVpcAttribute,
} from './vpcs.ts'

/** Amazon EC2, as far as VPCs and their endpoints go: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
export const ec2Service: Service<Ec2Needs> = {
  name: 'ec2',
  eventSource: 'ec2.amazonaws.com',
  encodesRefusals: true,
  refusal: (message, encoded) =>
    new ServiceError(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. ${message}. Encoded authorization failure message: ${encoded}`,
    ),
  operations: operationTable<Ec2Needs>([
    authorizeSecurityGroupEgress,
    authorizeSecurityGroupIngress,
    createSecurityGroup,
    createSubnet,
    createTags,
    createVpcEndpoint,
    createVpcOperation,
    deleteSecurityGroup,
    deleteSubnet,
    deleteTags,
    deleteVpcEndpoints,
    deleteVpcOperation,
    describeAvailabilityZones,
    describeNetworkInterfaces,
    describePrefixLists,
    describeSecurityGroupRules,
    describeSecurityGroups,
    describeSubnets,
    describeTags,
    describeVpcAttribute,
    describeVpcEndpointServices,
    describeVpcEndpoints,
    describeVpcs,
    modifyVpcAttribute,
    modifyVpcEndpoint,
    revokeSecurityGroupEgress,
    revokeSecurityGroupIngress,
  ]),
}
