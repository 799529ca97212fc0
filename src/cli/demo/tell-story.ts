import { setTimeout as delay } from 'node:timers/promises'
import type { Variables } from './aws-client.ts'
import type { DemoServer } from './demo-server.ts'
import { DemoFailure } from './story.ts'
import type { Story } from './story.ts'

type Json = Readonly<Record<string, unknown>>

const serviceName = 'com.amazonaws.us-west-2.kms'
const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value)
const textAt = (value: unknown, ...path: readonly (string | number)[]): string => String(at(value, ...path))

/** A network of the story, with one endpoint. */
export interface StoryNetwork {
  readonly vpcId: string
  readonly groupId: string
  readonly endpointId: string
}

/** Steps 2 and 3: makes a VPC with an endpoint in two zones. */
export async function makeNetwork(
  story: Story,
  variables: Variables,
  cidr: string,
  options: { readonly showMistakes: boolean },
): Promise<StoryNetwork> {
  const vpcId = textAt(await story.does('ec2', 'CreateVpc', { CidrBlock: cidr }, variables), 'Vpc', 'VpcId')
  const prefix = cidr.replace(/\.0\.0\/16$/, '')
  const subnets: string[] = []
  for (const [index, zone] of ['us-west-2a', 'us-west-2b'].entries()) {
    const input = { VpcId: vpcId, CidrBlock: `${prefix}.${index + 1}.0/24`, AvailabilityZone: zone }
    subnets.push(textAt(await story.does('ec2', 'CreateSubnet', input, variables), 'Subnet', 'SubnetId'))
  }
  const group = await story.does(
    'ec2',
    'CreateSecurityGroup',
    { GroupName: 'kms-clients', Description: 'Clients of KMS', VpcId: vpcId },
    variables,
  )
  const groupId = textAt(group, 'GroupId')
  await story.does(
    'ec2',
    'AuthorizeSecurityGroupIngress',
    { GroupId: groupId, IpPermissions: [rule443(cidr)] },
    variables,
  )
  const endpoint = {
    VpcEndpointType: 'Interface',
    VpcId: vpcId,
    ServiceName: serviceName,
    SubnetIds: subnets,
    SecurityGroupIds: [groupId],
    PrivateDnsEnabled: true,
  }
  if (options.showMistakes) {
    await story.refuses('ec2', 'CreateVpcEndpoint', endpoint, variables, {
      code: 'InvalidParameter',
      text: 'Enabling private DNS requires both enableDnsSupport and enableDnsHostnames',
    })
    await story.refuses('ec2', 'CreateVpcEndpoint', { ...endpoint, ServiceName: `${serviceName}-fips` }, variables, {
      code: 'InvalidServiceName',
    })
  }
  await story.does('ec2', 'ModifyVpcAttribute', { VpcId: vpcId, EnableDnsSupport: { Value: true } }, variables)
  await story.does('ec2', 'ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } }, variables)
  const made = await story.does('ec2', 'CreateVpcEndpoint', endpoint, variables)
  story.requires(textAt(made, 'VpcEndpoint', 'State') === 'pending', 'the endpoint begins as pending')
  const endpointId = textAt(made, 'VpcEndpoint', 'VpcEndpointId')
  const ready = await untilAvailable(story, endpointId, variables)
  const names = (at(ready, 'DnsEntries') as readonly Json[]).map(entry => textAt(entry, 'DnsName'))
  const order = [/^vpce-\w+-\w{8}\.kms/, /-us-west-2a\.kms/, /-us-west-2b\.kms/, /^kms\.us-west-2\.amazonaws\.com$/]
  story.requires(
    names.length === 4 && order.every((form, index) => form.test(names[index]!)),
    `its names are regional, zonal, private: ${names.join(', ')}`,
  )
  story.requires(
    (at(ready, 'NetworkInterfaceIds') as readonly string[]).length === 2,
    'it has one network interface in each subnet',
  )
  return { vpcId, groupId, endpointId }
}

function rule443(cidr: string): Json {
  return { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: cidr }] }
}

async function untilAvailable(story: Story, endpointId: string, variables: Variables): Promise<unknown> {
  for (let tries = 0; tries < 50; tries++) {
    const described = at(
      await story.does('ec2', 'DescribeVpcEndpoints', { VpcEndpointIds: [endpointId] }, variables),
      'VpcEndpoints',
      0,
    )
    if (textAt(described, 'State') === 'available') return described
    await delay(200)
  }
  throw new DemoFailure(`Endpoint ${endpointId} did not become available`)
}

const allowAll = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'

/** The whole story of a private endpoint. */
export async function tellStory(story: Story, server: DemoServer): Promise<void> {
  story.chapter('A server, and credentials that end by themselves')
  await story.runs(server, ['status'], 'ready')
  const admin = await server.environment()
  const account = textAt(await story.does('sts', 'GetCallerIdentity', {}, admin), 'Account')

  story.chapter('A VPC with an interface endpoint for KMS')
  const network = await makeNetwork(story, admin, '10.0.0.0/16', { showMistakes: true })

  story.chapter('Through the endpoint')
  const inside = await server.environment('--endpoint', network.endpointId)
  story.say(`KMS is now asked at ${inside['AWS_ENDPOINT_URL_KMS']}`)
  await story.does('kms', 'ListKeys', {}, inside)
  await story.does(
    'ec2',
    'RevokeSecurityGroupIngress',
    { GroupId: network.groupId, IpPermissions: [rule443('10.0.0.0/16')] },
    admin,
  )
  await story.refuses('kms', 'ListKeys', {}, inside, { code: 'ConnectionError' })
  story.say('Nothing admits port 443: the connection ends before TLS begins.')
  await story.does(
    'ec2',
    'AuthorizeSecurityGroupIngress',
    { GroupId: network.groupId, IpPermissions: [rule443('10.0.0.0/16')] },
    admin,
  )

  story.chapter('Keys and cryptography')
  const keyArn = textAt(await story.does('kms', 'CreateKey', { Description: 'demo' }, inside), 'KeyMetadata', 'Arn')
  await story.does('kms', 'CreateAlias', { AliasName: 'alias/demo', TargetKeyId: keyArn }, inside)
  const context = { order: '4711' }
  const sealed = await story.does(
    'kms',
    'Encrypt',
    { KeyId: 'alias/demo', Plaintext: Buffer.from('a secret'), EncryptionContext: context },
    inside,
  )
  const blob = Buffer.from(textAt(sealed, 'CiphertextBlob'), 'base64')
  const opened = await story.does('kms', 'Decrypt', { CiphertextBlob: blob, EncryptionContext: context }, inside)
  story.requires(
    Buffer.from(textAt(opened, 'Plaintext'), 'base64').toString() === 'a secret',
    'what was encrypted is decrypted',
  )
  await story.refuses('kms', 'Decrypt', { CiphertextBlob: blob, EncryptionContext: { order: '4712' } }, inside, {
    code: 'InvalidCiphertextException',
  })
  await story.does('kms', 'GenerateDataKey', { KeyId: keyArn, KeySpec: 'AES_256' }, inside)
  await story.does(
    'kms',
    'ReEncrypt',
    { CiphertextBlob: blob, SourceEncryptionContext: context, DestinationKeyId: keyArn },
    inside,
  )

  story.chapter('The endpoint policy')
  const decryptAndView = JSON.stringify({
    Statement: [
      {
        Sid: 'AllowDecryptAndView',
        Principal: { AWS: [account] },
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'],
        Resource: [keyArn],
      },
    ],
  })
  await story.does(
    'ec2',
    'ModifyVpcEndpoint',
    { VpcEndpointId: network.endpointId, PolicyDocument: decryptAndView },
    admin,
  )
  const read = at(
    await story.does('ec2', 'DescribeVpcEndpoints', { VpcEndpointIds: [network.endpointId] }, admin),
    'VpcEndpoints',
    0,
    'PolicyDocument',
  )
  story.requires(read === decryptAndView, 'the policy is read back byte for byte')
  await story.does('kms', 'DescribeKey', { KeyId: keyArn }, inside)
  await story.refuses('kms', 'ListKeys', {}, inside, {
    code: 'AccessDeniedException',
    text: 'because no VPC endpoint policy allows the kms:ListKeys action',
  })
  await story.refuses('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, inside, {
    code: 'AccessDeniedException',
    text: 'because no VPC endpoint policy allows the kms:Encrypt action',
  })
  await story.runs(server, ['explain', '--last'], 'VPC endpoint policy')
  await story.does('ec2', 'ModifyVpcEndpoint', { VpcEndpointId: network.endpointId, PolicyDocument: allowAll }, admin)

  story.chapter('A key that only this endpoint opens')
  const cryptography = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']
  const onlyHere = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
      {
        Sid: 'OnlyThroughTheEndpoint',
        Effect: 'Deny',
        Principal: '*',
        Action: cryptography,
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:sourceVpce': network.endpointId } },
      },
    ],
  })
  await story.refuses(
    'kms',
    'PutKeyPolicy',
    { KeyId: keyArn, PolicyName: 'default', Policy: `${onlyHere.slice(0, -1)},}` },
    admin,
    { code: 'MalformedPolicyDocumentException' },
  )
  await story.does('kms', 'PutKeyPolicy', { KeyId: keyArn, PolicyName: 'default', Policy: onlyHere }, admin)
  await story.does('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, inside)
  await story.refuses('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, admin, {
    code: 'AccessDeniedException',
    text: 'with an explicit deny in a resource-based policy',
  })
  story.say('A second VPC with the same block: another door, so it is refused too.')
  const other = await makeNetwork(story, admin, '10.0.0.0/16', { showMistakes: false })
  const elsewhere = await server.environment('--endpoint', other.endpointId)
  await story.refuses('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, elsewhere, {
    code: 'AccessDeniedException',
  })

  story.chapter('Administration from one VPC, cryptography from another')
  const twoVpcs = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: account },
        Action: [
          'kms:Create*',
          'kms:Enable*',
          'kms:Put*',
          'kms:Update*',
          'kms:Delete*',
          'kms:Disable*',
          'kms:ScheduleKeyDeletion',
        ],
        Resource: '*',
        Condition: { StringEquals: { 'aws:sourceVpc': other.vpcId } },
      },
      {
        Effect: 'Allow',
        Principal: { AWS: account },
        Action: cryptography,
        Resource: '*',
        Condition: { StringEquals: { 'aws:sourceVpc': network.vpcId } },
      },
      {
        Effect: 'Allow',
        Principal: { AWS: account },
        Action: ['kms:Describe*', 'kms:List*', 'kms:Get*'],
        Resource: '*',
      },
    ],
  })
  const put = { KeyId: keyArn, PolicyName: 'default', Policy: twoVpcs }
  await story.refuses('kms', 'PutKeyPolicy', put, inside, {
    code: 'MalformedPolicyDocumentException',
    text: 'The new key policy will not allow you to update the key policy in the future.',
  })
  await story.does('kms', 'PutKeyPolicy', put, elsewhere)
  await story.does('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, inside)
  await story.refuses('kms', 'Encrypt', { KeyId: keyArn, Plaintext: Buffer.from('x') }, elsewhere, {
    code: 'AccessDeniedException',
  })
  await story.does('kms', 'DescribeKey', { KeyId: keyArn }, admin)

  story.chapter('The trail')
  const events = at(
    await story.does(
      'cloudtrail',
      'LookupEvents',
      { LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: keyArn }] },
      admin,
    ),
    'Events',
  ) as readonly Json[]
  const through = events.filter(event =>
    textAt(event, 'CloudTrailEvent').includes(`"vpcEndpointId":"${network.endpointId}"`),
  )
  story.requires(through.length > 0, `the trail shows ${through.length} calls on the key through ${network.endpointId}`)
  const refused = events.filter(event =>
    textAt(event, 'CloudTrailEvent').includes('because no VPC endpoint policy allows'),
  )
  story.requires(refused.length === 0, 'a call that only the endpoint policy refused is not in it')

  story.chapter('After a restart everything is found again')
  await server.stop()
  await story.runs(server, ['trail', 'verify', '--root-key', `${server.folder}/root.key`], 'The trail is whole')
  await server.start()
  await story.runs(server, ['status'], network.endpointId)
  await story.does(
    'kms',
    'GenerateDataKeyWithoutPlaintext',
    { KeyId: 'alias/demo', KeySpec: 'AES_256' },
    await server.environment('--endpoint', network.endpointId),
  )
}
