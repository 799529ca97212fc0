import type { Ec2Type } from './ec2-kinds.ts'

/** Where an action has only some of the keys that a type of thing has; see AWS's service authorization reference. */
const keysOf: Readonly<Record<string, Partial<Readonly<Record<Ec2Type, readonly string[]>>>>> = {
  CreateVpcEndpoint: {
    vpc: ['ec2:VpcID'],
    subnet: ['ec2:SubnetID'],
    'security-group': ['ec2:SecurityGroupID'],
  },
  ModifyVpcEndpoint: { 'vpc-endpoint': ['ec2:VpceServiceRegion', 'ec2:VpceMultiRegion'] },
  CreateTags: { 'vpc-endpoint': [] },
  DeleteTags: {
    vpc: [],
    subnet: [],
    'security-group': [],
    'vpc-endpoint': [],
    'route-table': [],
    'internet-gateway': [],
    'network-acl': [],
    'dhcp-options': [],
  },
}

/**
 * Whether AWS gives an action this key of a thing. A key that it does not have must be absent: conditions with a negated
 * operator, `IfExists` and `Null` tell the two apart.
 */
export function hasConditionKey(action: string, type: Ec2Type, key: string): boolean {
  return keysOf[action]?.[type]?.includes(key) ?? true
}
