import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { describeAccountAttributes } from './account-attributes.ts'
import { describeAvailabilityZones } from './availability-zones.ts'
import { createVpcEndpoint } from './create-vpc-endpoint.ts'
import { associateDhcpOptions, createDhcpOptions, deleteDhcpOptions, describeDhcpOptions } from './dhcp-options.ts'
import type { Ec2Needs } from './ec2-operation.ts'
import { attachInternetGateway, detachInternetGateway } from './internet-gateway-attachments.ts'
import { createInternetGateway, deleteInternetGateway, describeInternetGateways } from './internet-gateways.ts'
import { modifyVpcEndpoint } from './modify-vpc-endpoint.ts'
import { replaceNetworkAclAssociation } from './network-acl-associations.ts'
import { createNetworkAclEntry, deleteNetworkAclEntry, replaceNetworkAclEntry } from './network-acl-entries.ts'
import { createNetworkAcl, deleteNetworkAcl, describeNetworkAcls } from './network-acls.ts'
import { describeNetworkInterfaceAttribute, describeNetworkInterfaces } from './network-interfaces.ts'
import { describeManagedPrefixLists, describePrefixLists } from './prefix-lists.ts'
import { describeRegions } from './regions.ts'
import { createTags, deleteTags, describeTags } from './resource-tags.ts'
import {
  associateRouteTable,
  disassociateRouteTable,
  replaceRouteTableAssociation,
} from './route-table-associations.ts'
import { createRouteTable, deleteRouteTable, describeRouteTables } from './route-tables.ts'
import { createRoute, deleteRoute, replaceRoute } from './routes.ts'
import {
  modifySecurityGroupRules,
  updateSecurityGroupRuleDescriptionsEgress,
  updateSecurityGroupRuleDescriptionsIngress,
} from './security-group-rule-changes.ts'
import {
  authorizeSecurityGroupEgress,
  authorizeSecurityGroupIngress,
  describeSecurityGroupRules,
  revokeSecurityGroupEgress,
  revokeSecurityGroupIngress,
} from './security-group-rules.ts'
import { createSecurityGroup, deleteSecurityGroup, describeSecurityGroups } from './security-groups.ts'
import { modifySubnetAttribute } from './subnet-attributes.ts'
import { associateSubnetCidrBlock, disassociateSubnetCidrBlock } from './subnet-cidr-blocks.ts'
import { createSubnet, deleteSubnet, describeSubnets } from './subnets.ts'
import { associateVpcCidrBlock, disassociateVpcCidrBlock } from './vpc-cidr-blocks.ts'
import { describeVpcEndpointConnections, describeVpcEndpointServices } from './vpc-endpoint-services.ts'
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
  refusal(message, encoded) {
    const details = encoded === '' ? '' : `. Encoded authorization failure message: ${encoded}`
    const text = `You are not authorized to perform this operation. ${message}${details}`
    return new ServiceError('UnauthorizedOperation', text)
  },
  operations: operationTable<Ec2Needs>([
    associateDhcpOptions,
    associateRouteTable,
    attachInternetGateway,
    associateSubnetCidrBlock,
    associateVpcCidrBlock,
    authorizeSecurityGroupEgress,
    authorizeSecurityGroupIngress,
    createDhcpOptions,
    createInternetGateway,
    createNetworkAcl,
    createNetworkAclEntry,
    createRoute,
    createRouteTable,
    createSecurityGroup,
    createSubnet,
    createTags,
    createVpcEndpoint,
    createVpcOperation,
    deleteDhcpOptions,
    deleteInternetGateway,
    deleteNetworkAcl,
    deleteNetworkAclEntry,
    deleteRoute,
    deleteRouteTable,
    deleteSecurityGroup,
    deleteSubnet,
    deleteTags,
    deleteVpcEndpoints,
    deleteVpcOperation,
    describeAccountAttributes,
    describeAvailabilityZones,
    describeDhcpOptions,
    describeInternetGateways,
    describeManagedPrefixLists,
    describeNetworkAcls,
    describeNetworkInterfaceAttribute,
    describeNetworkInterfaces,
    describePrefixLists,
    describeRegions,
    describeRouteTables,
    describeSecurityGroupRules,
    describeSecurityGroups,
    describeSubnets,
    describeTags,
    describeVpcAttribute,
    describeVpcEndpointConnections,
    describeVpcEndpointServices,
    describeVpcEndpoints,
    describeVpcs,
    detachInternetGateway,
    disassociateRouteTable,
    disassociateSubnetCidrBlock,
    disassociateVpcCidrBlock,
    modifySecurityGroupRules,
    modifySubnetAttribute,
    modifyVpcAttribute,
    modifyVpcEndpoint,
    replaceNetworkAclAssociation,
    replaceNetworkAclEntry,
    replaceRoute,
    replaceRouteTableAssociation,
    revokeSecurityGroupEgress,
    revokeSecurityGroupIngress,
    updateSecurityGroupRuleDescriptionsEgress,
    updateSecurityGroupRuleDescriptionsIngress,
  ]),
}
