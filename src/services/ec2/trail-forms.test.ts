import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerForm, requestForm } from './trail-forms.ts'

// As CloudTrail's own records of such requests are.
const requests: readonly (readonly [operation: string, input: object, recorded: object])[] = [
  [
    'AuthorizeSecurityGroupIngress',
    {
      GroupId: 'sg-1',
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    },
    {
      groupId: 'sg-1',
      ipPermissions: {
        items: [
          {
            ipProtocol: 'tcp',
            fromPort: 22,
            toPort: 22,
            groups: {},
            ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] },
            ipv6Ranges: {},
            prefixListIds: {},
          },
        ],
      },
    },
  ],
  [
    'AuthorizeSecurityGroupIngress',
    { GroupId: 'sg-1', IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '192.0.2.0/24' },
    { groupId: 'sg-1', ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIp: '192.0.2.0/24', ipPermissions: {} },
  ],
  [
    'CreateDhcpOptions',
    { DhcpConfigurations: [{ Key: 'domain-name', Values: ['example.com'] }] },
    {
      dhcpConfigurationSet: { items: [{ key: 'domain-name', valueSet: { items: [{ value: 'example.com' }] } }] },
    },
  ],
  [
    'CreateSecurityGroup',
    { GroupName: 'web', Description: 'of the web', VpcId: 'vpc-1' },
    { groupName: 'web', groupDescription: 'of the web', vpcId: 'vpc-1' },
  ],
  [
    'CreateTags',
    { Resources: ['vpc-1', 'subnet-1'], Tags: [{ Key: 'team', Value: 'red' }] },
    {
      resourcesSet: { items: [{ resourceId: 'vpc-1' }, { resourceId: 'subnet-1' }] },
      tagSet: { items: [{ key: 'team', value: 'red' }] },
    },
  ],
  [
    'CreateVpc',
    {
      CidrBlock: '10.0.0.0/16',
      InstanceTenancy: 'default',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'team', Value: 'red' }] }],
    },
    {
      cidrBlock: '10.0.0.0/16',
      instanceTenancy: 'default',
      tagSpecificationSet: { items: [{ resourceType: 'vpc', tags: [{ key: 'team', value: 'red' }] }] },
    },
  ],
  [
    'ModifyVpcAttribute',
    { VpcId: 'vpc-1', EnableDnsHostnames: { Value: true } },
    { vpcId: 'vpc-1', enableDnsHostnames: { value: true } },
  ],
  [
    'CreateNetworkAclEntry',
    {
      NetworkAclId: 'acl-1',
      RuleNumber: 500,
      Egress: true,
      RuleAction: 'allow',
      Protocol: '-1',
      CidrBlock: '0.0.0.0/0',
    },
    {
      networkAclId: 'acl-1',
      ruleNumber: 500,
      egress: true,
      ruleAction: 'allow',
      icmpTypeCode: {},
      portRange: {},
      aclProtocol: '-1',
      cidrBlock: '0.0.0.0/0',
    },
  ],
  [
    'CreateNetworkAclEntry',
    {
      NetworkAclId: 'acl-1',
      RuleNumber: 12,
      Egress: false,
      RuleAction: 'allow',
      Protocol: '6',
      CidrBlock: '0.0.0.0/0',
      PortRange: { From: 700, To: 702 },
    },
    {
      networkAclId: 'acl-1',
      ruleNumber: 12,
      egress: false,
      ruleAction: 'allow',
      icmpTypeCode: {},
      portRange: { from: 700, to: 702 },
      aclProtocol: '6',
      cidrBlock: '0.0.0.0/0',
    },
  ],
  [
    'DescribeSecurityGroups',
    { GroupIds: ['sg-1'] },
    { securityGroupSet: {}, securityGroupIdSet: { items: [{ groupId: 'sg-1' }] }, filterSet: {} },
  ],
  [
    'DescribeVpcs',
    { Filters: [{ Name: 'state', Values: ['available'] }] },
    { vpcSet: {}, filterSet: { items: [{ name: 'state', valueSet: { items: [{ value: 'available' }] } }] } },
  ],
  [
    'CreateVpcEndpoint',
    {
      VpcId: 'vpc-1',
      ServiceName: 'com.amazonaws.us-west-2.kms',
      VpcEndpointType: 'Interface',
      PrivateDnsEnabled: true,
      SubnetIds: ['subnet-1', 'subnet-2'],
      SecurityGroupIds: ['sg-1'],
      DnsOptions: { DnsRecordIpType: 'ipv4' },
      TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'Name', Value: 'kms' }] }],
    },
    {
      CreateVpcEndpointRequest: {
        VpcId: 'vpc-1',
        ServiceName: 'com.amazonaws.us-west-2.kms',
        VpcEndpointType: 'Interface',
        PrivateDnsEnabled: true,
        SubnetId: [
          { tag: 1, content: 'subnet-1' },
          { tag: 2, content: 'subnet-2' },
        ],
        SecurityGroupId: { tag: 1, content: 'sg-1' },
        DnsOptions: { DnsRecordIpType: 'ipv4' },
        TagSpecification: { tag: 1, ResourceType: 'vpc-endpoint', Tag: { tag: 1, Key: 'Name', Value: 'kms' } },
      },
    },
  ],
  [
    'ModifySecurityGroupRules',
    {
      GroupId: 'sg-1',
      SecurityGroupRules: [
        { SecurityGroupRuleId: 'sgr-1', SecurityGroupRule: { IpProtocol: 'tcp', CidrIpv4: '0.0.0.0/0' } },
      ],
    },
    {
      ModifySecurityGroupRulesRequest: {
        GroupId: 'sg-1',
        SecurityGroupRule: {
          tag: 1,
          SecurityGroupRuleId: 'sgr-1',
          SecurityGroupRule: { IpProtocol: 'tcp', CidrIpv4: '0.0.0.0/0' },
        },
      },
    },
  ],
]

/** As it stands in the log: without the members that have no value. */
const asLogged = (value: object): unknown => JSON.parse(JSON.stringify(value))

for (const [index, [operation, input, recorded]] of requests.entries()) {
  test(`requestForm() has CloudTrail's form of ${operation} (${index + 1})`, () => {
    assert.deepEqual(asLogged(requestForm(operation, input)), recorded)
  })
}

test('answerForm() says that a change was done whose answer says no more', () => {
  assert.deepEqual(answerForm('DeleteVpc', undefined, 'request'), { requestId: 'request', _return: true })
})

test('answerForm() has the sets of an answer', () => {
  const rule = { SecurityGroupRuleId: 'sgr-1', GroupId: 'sg-1', IsEgress: false, CidrIpv4: '0.0.0.0/0' }

  const recorded = answerForm('AuthorizeSecurityGroupIngress', { Return: true, SecurityGroupRules: [rule] }, 'request')

  assert.deepEqual(asLogged(recorded), {
    requestId: 'request',
    _return: true,
    securityGroupRuleSet: {
      items: [{ securityGroupRuleId: 'sgr-1', groupId: 'sg-1', isEgress: false, cidrIpv4: '0.0.0.0/0' }],
    },
  })
})

test('answerForm() has the answer of an endpoint as its XML says it', () => {
  const endpoint = {
    VpcEndpointId: 'vpce-1',
    SubnetIds: ['subnet-1'],
    NetworkInterfaceIds: ['eni-1', 'eni-2'],
    RouteTableIds: [],
    CreationTimestamp: Date.UTC(2026, 10, 25),
  }

  const recorded = answerForm('CreateVpcEndpoint', { VpcEndpoint: endpoint }, 'request')

  assert.deepEqual(asLogged(recorded), {
    CreateVpcEndpointResponse: {
      xmlns: 'http://ec2.amazonaws.com/doc/2016-11-15/',
      requestId: 'request',
      vpcEndpoint: {
        vpcEndpointId: 'vpce-1',
        subnetIdSet: { item: 'subnet-1' },
        networkInterfaceIdSet: { item: ['eni-1', 'eni-2'] },
        routeTableIdSet: '',
        creationTimestamp: '2026-11-25T00:00:00.000Z',
      },
    },
  })
})
