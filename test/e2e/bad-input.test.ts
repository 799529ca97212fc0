// Ids that do not exist, things made twice, documents that are none, values out of bounds: IAM and EC2, and what KMS's own tests leave.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, ListKeysCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { admitHttps, makePrivateNetwork } from '../private-network.ts'
import { post, send, signed } from '../raw-client.ts'
import type { RawAnswer } from '../raw-client.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser, policyOf } from './user.ts'

const postern = await startPostern()
const administrator = await postern.administrator()
const { ec2, iam, kms, sts } = postern.clients(administrator)
const network = await makePrivateNetwork(postern, ec2)
await makeUser(iam, 'ada', allow('kms:ListKeys'))

after(async () => {
  // After all of it, the server lives on.
  await sts.send(new GetCallerIdentityCommand({}))
  await postern[Symbol.asyncDispose]()
})

test('a user that is made twice, also in another case, is refused with EntityAlreadyExists', async () => {
  await refused(iam.send(new CreateUserCommand({ UserName: 'ada' })), 'EntityAlreadyExists')
  await refused(iam.send(new CreateUserCommand({ UserName: 'ADA' })), 'EntityAlreadyExists')
})

test('users, user policies and access keys that do not exist are refused with NoSuchEntity', async () => {
  const UserName = 'nobody'
  const PolicyName = 'none'

  for (const call of [
    () => iam.send(new GetUserCommand({ UserName })),
    () => iam.send(new DeleteUserCommand({ UserName })),
    () => iam.send(new CreateAccessKeyCommand({ UserName })),
    () => iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: policyOf(allow('kms:*')) })),
    () => iam.send(new GetUserPolicyCommand({ UserName: 'ada', PolicyName })),
    () => iam.send(new DeleteUserPolicyCommand({ UserName: 'ada', PolicyName })),
    () => iam.send(new DeleteAccessKeyCommand({ UserName: 'ada', AccessKeyId: 'AKIAZZZZZZZZZZZZZZZZ' })),
  ]) {
    await refused(call(), 'NoSuchEntity')
  }
})

const brokenPolicies: Readonly<Record<string, string>> = {
  'no JSON': 'no JSON',
  'a trailing comma': '{"Version":"2012-10-17","Statement":[],}',
  'a list': '[]',
  'a name twice': '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
  'an unknown element': policyOf({ ...allow('kms:*'), Extra: 1 }),
  'an unknown effect': policyOf({ ...allow('kms:*'), Effect: 'Perhaps' }),
  'no effect': policyOf({ Action: 'kms:*', Resource: '*' }),
  'no action': policyOf({ Effect: 'Allow', Resource: '*' }),
  'an unknown version': JSON.stringify({ Version: '2030-01-01', Statement: [allow('kms:*')] }),
  'an unknown operator': policyOf({ ...allow('kms:*'), Condition: { StringMatches: { 'aws:SourceVpce': 'a' } } }),
}

for (const [what, PolicyDocument] of Object.entries(brokenPolicies)) {
  test(`a user policy with ${what} is refused as malformed, and the old one stays`, async () => {
    const names = { UserName: 'ada', PolicyName: 'inline' }
    const before = await iam.send(new GetUserPolicyCommand(names))

    await refused(iam.send(new PutUserPolicyCommand({ ...names, PolicyDocument })), 'MalformedPolicyDocument')

    const { PolicyDocument: kept } = await iam.send(new GetUserPolicyCommand(names))
    assert.equal(kept, before.PolicyDocument)
  })

  test(`an endpoint policy with ${what} is refused`, async () => {
    const call = ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument }))

    await refused(call, 'InvalidPolicyDocument')
  })
}

test('a user policy and an endpoint policy that are too long are refused', async () => {
  const long = policyOf({ ...allow('kms:*'), Sid: 'x'.repeat(30_000) })

  await refused(
    iam.send(new PutUserPolicyCommand({ UserName: 'ada', PolicyName: 'long', PolicyDocument: long })),
    'LimitExceeded',
  )
  await refused(
    ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: network.endpointId, PolicyDocument: long })),
    'InvalidPolicyDocument',
  )
})

test('a key policy that is put on a key that does not exist, or of another name than "default", is refused', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const Policy = policyOf({ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' })

  await refused(
    kms.send(new PutKeyPolicyCommand({ KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab', Policy })),
    'NotFoundException',
  )
  await refused(
    kms.send(new PutKeyPolicyCommand({ KeyId: KeyMetadata!.KeyId!, Policy, PolicyName: 'other' })),
    'NotFoundException',
  )
})

test('things of EC2 that do not exist, and ids of no form, are told apart in the words of AWS', async () => {
  const absent = '0123456789abcdef0'
  for (const [call, code] of [
    [() => ec2.send(new DescribeVpcsCommand({ VpcIds: [`vpc-${absent}`] })), 'InvalidVpcID.NotFound'],
    [() => ec2.send(new DescribeSubnetsCommand({ SubnetIds: [`subnet-${absent}`] })), 'InvalidSubnetID.NotFound'],
    [() => ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [`sg-${absent}`] })), 'InvalidGroup.NotFound'],
    [
      () => ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [`eni-${absent}`] })),
      'InvalidNetworkInterfaceID.NotFound',
    ],
    [
      () => ec2.send(new CreateSubnetCommand({ VpcId: `vpc-${absent}`, CidrBlock: '10.0.9.0/24' })),
      'InvalidVpcID.NotFound',
    ],
    [
      () => ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: `vpce-${absent}`, ResetPolicy: true })),
      'InvalidVpcEndpointId.NotFound',
    ],
  ] as const) {
    await refused(call(), code)
  }
  const { Unsuccessful } = await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [`vpce-${absent}`] }))
  assert.equal(Unsuccessful?.[0]?.Error?.Code, 'InvalidVpcEndpoint.NotFound')
})

test('a subnet, a security group and a rule that are made twice are refused', async () => {
  const { vpcId: VpcId, groupId: GroupId } = network

  await refused(ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' })), 'InvalidSubnet.Conflict')
  await refused(ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.128/25' })), 'InvalidSubnet.Conflict')
  await refused(
    ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName: 'kms-clients', Description: 'again' })),
    'InvalidGroup.Duplicate',
  )
  await refused(
    ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [admitHttps('10.0.0.0/16')] })),
    'InvalidPermission.Duplicate',
  )
})

test('blocks that are none, or out of the bounds, are refused', async () => {
  const { vpcId: VpcId, groupId: GroupId } = network

  for (const CidrBlock of ['10.0.0.0/8', '10.0.0.0/29', '10.0.0.0', '999.0.0.0/16', 'a']) {
    await refused(
      ec2.send(new CreateVpcCommand({ CidrBlock })),
      CidrBlock.includes('/8') || CidrBlock.includes('/29') ? 'InvalidVpc.Range' : 'InvalidParameterValue',
    )
  }
  await refused(ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '192.168.0.0/24' })), 'InvalidSubnet.Range')
  for (const cidr of ['10.0.0.0/33', 'evil', '10.0.0/16']) {
    await refused(
      ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [admitHttps(cidr)] })),
      'InvalidParameterValue',
    )
  }
})

for (const ServiceName of [
  'com.amazonaws.us-west-2.kms-fips',
  'com.amazonaws.us-west-2.s3',
  'com.amazonaws.eu-west-1.kms',
  'kms',
  `com.amazonaws.us-west-2.${'k'.repeat(5_000)}`,
]) {
  test(`the service ${ServiceName.slice(0, 40)} (${ServiceName.length}) of an endpoint is refused with InvalidServiceName`, async () => {
    const input = { VpcEndpointType: 'Interface' as const, VpcId: network.vpcId, SubnetIds: [...network.subnetIds] }

    await refused(ec2.send(new CreateVpcEndpointCommand({ ...input, ServiceName })), 'InvalidServiceName')
  })
}

const forms: Readonly<Record<string, Buffer | string>> = {
  'random bytes': Buffer.from([0xff, 0x00, 0x8c, 0x22, 0x7b, 0xc3]),
  'invalid UTF-8': 'Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%C3%28',
  'a percent sign at its end': 'Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%',
  'no action': 'Version=2016-11-15',
  'no version': 'Action=DescribeVpcs',
  JSON: '{"Action":"DescribeVpcs"}',
  nothing: '',
}

for (const [what, body] of Object.entries(forms)) {
  test(`a form of ${what} is refused, and the server lives on`, async () => {
    const headers = signed(postern, administrator, { service: 'ec2', body })

    const answer: RawAnswer | undefined = await send(postern, post(headers, body))

    assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, String(answer?.status))
    await kms.send(new ListKeysCommand({}))
  })
}
