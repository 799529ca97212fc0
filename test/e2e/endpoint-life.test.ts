// An endpoint from its making to its end, by the AWS SDK and the AWS CLI.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { after, test } from 'node:test'
import * as ec2 from '@aws-sdk/client-ec2'
import { makePrivateNetwork, untilAvailable } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

if (spawnSync('aws', ['--version']).status !== 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, client)
const { vpcId: VpcId, endpointId: VpcEndpointId } = network
const resolver = new Resolver()
resolver.setServers([`${new URL(network.url).hostname.split('.').slice(0, 2).join('.')}.0.2:${postern.resolverPort}`])
const privateNames = ['kms.us-west-2.amazonaws.com', 'kms.us-west-2.api.aws']

const create = async (input: Partial<ec2.CreateVpcEndpointCommandInput> = {}): Promise<ec2.VpcEndpoint> => {
  const ServiceName = 'com.amazonaws.us-west-2.kms'
  const made = await client.send(
    new ec2.CreateVpcEndpointCommand({
      VpcId,
      VpcEndpointType: 'Interface',
      ServiceName,
      PrivateDnsEnabled: false,
      ...input,
    }),
  )
  return made.VpcEndpoint!
}
const modify = (input: Partial<ec2.ModifyVpcEndpointCommandInput>) =>
  client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId, ...input }))
const describeEndpoints = async (input: ec2.DescribeVpcEndpointsCommandInput): Promise<readonly ec2.VpcEndpoint[]> =>
  (await client.send(new ec2.DescribeVpcEndpointsCommand(input))).VpcEndpoints!
const show = async (id = VpcEndpointId): Promise<ec2.VpcEndpoint> =>
  (await describeEndpoints({ VpcEndpointIds: [id] }))[0]!
const namesOf = ({ DnsEntries }: ec2.VpcEndpoint): readonly (string | undefined)[] =>
  DnsEntries!.map(entry => entry.DnsName)

const fullAccess = `{
  "Statement": [
    {
      "Action": "*", 
      "Effect": "Allow", 
      "Principal": "*", 
      "Resource": "*"
    }
  ]
}`

test("an endpoint's policy is AWS's default until one is set, is kept byte for byte, and can be reset", async () => {
  const own = ' {"Statement":\n[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}  '
  assert.equal((await show()).PolicyDocument, fullAccess)

  await modify({ PolicyDocument: own })
  assert.equal((await show()).PolicyDocument, own)
  await modify({ ResetPolicy: true })

  assert.equal((await show()).PolicyDocument, fullAccess)
})

test('a policy of 20,480 characters is taken, one with a character more is refused, white space counted', async () => {
  const policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'

  await modify({ PolicyDocument: policy.padEnd(20_480) })
  await refused(modify({ PolicyDocument: policy.padEnd(20_481) }), 'InvalidPolicyDocument')

  assert.equal((await show()).PolicyDocument!.length, 20_480)
  await modify({ ResetPolicy: true })
})

test('a policy and ResetPolicy do not go together, and neither is then done', async () => {
  const PolicyDocument = '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}'

  await refused(modify({ PolicyDocument, ResetPolicy: true }), 'InvalidParameterCombination')

  assert.equal((await show()).PolicyDocument, fullAccess)
})

test('private names go with PrivateDnsEnabled and come back with it, in the same hidden zones', async () => {
  const before = await show()
  assert.deepEqual(namesOf(before).slice(3), privateNames)
  assert.equal((await resolver.resolve4(privateNames[0]!)).length, 2)

  await modify({ PrivateDnsEnabled: false })
  const without = await show()
  for (const name of privateNames) await assert.rejects(resolver.resolve4(name), { code: 'ENOTFOUND' })
  await modify({ PrivateDnsEnabled: true })

  assert.equal(without.PrivateDnsEnabled, false)
  assert.deepEqual(namesOf(without), namesOf(before).slice(0, 3))
  assert.deepEqual((await show()).DnsEntries, before.DnsEntries)
  assert.equal((await resolver.resolve4(privateNames[1]!)).length, 2)
})

test('the attributes of the VPC can be turned off under private names: they stop to resolve, and nothing is refused', async () => {
  const set = (Value: boolean) =>
    client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value } }))

  await set(false)
  await assert.rejects(resolver.resolve4(privateNames[0]!), { code: 'ENOTFOUND' })
  assert.equal((await resolver.resolve4(namesOf(await show())[0]!)).length, 2)
  await refused(create({ PrivateDnsEnabled: true }), 'InvalidParameter', 'requires both')
  await set(true)

  assert.equal((await resolver.resolve4(privateNames[0]!)).length, 2)
})

test('an endpoint without subnets is available, with the default group, no interfaces and no names', async () => {
  const { VpcEndpointId: id } = await create({ SecurityGroupIds: [] })

  const shown = await untilAvailable(client, id!)

  assert.deepEqual([shown.SubnetIds, shown.NetworkInterfaceIds, shown.DnsEntries], [[], [], []])
  assert.deepEqual(
    shown.Groups!.map(group => group.GroupName),
    ['default'],
  )
  assert.equal(shown.RequesterManaged, false)
})

test("an endpoint's interfaces are AWS's own, and fixed while the endpoint lasts", async () => {
  const { NetworkInterfaceIds, Groups } = await show()
  const described = () =>
    client.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: NetworkInterfaceIds! }))
  const { NetworkInterfaces } = await described()

  await modify({ PrivateDnsEnabled: true, ResetPolicy: true })

  assert.deepEqual((await described()).NetworkInterfaces, NetworkInterfaces)
  for (const one of NetworkInterfaces!) {
    assert.equal(one.Description, `VPC Endpoint Interface ${VpcEndpointId}`)
    assert.equal(one.InterfaceType, 'vpc_endpoint')
    assert.equal(one.RequesterManaged, true)
    assert.match(one.RequesterId!, /^\d{12}$/)
    assert.equal(one.Status, 'in-use')
    assert.equal(one.SourceDestCheck, true)
    assert.deepEqual(one.Groups, Groups)
    assert.equal(one.PrivateDnsName, `ip-${one.PrivateIpAddress!.replaceAll('.', '-')}.us-west-2.compute.internal`)
    const { AttachmentId, ...attachment } = one.Attachment!
    assert.match(AttachmentId!, /^ela-attach-/)
    assert.deepEqual(attachment, {
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: 'amazon-aws',
      Status: 'attached',
    })
  }
})

test('the tags of an endpoint are there from its making, are filtered by, and go', async () => {
  const tags = [{ Key: 'team', Value: 'red' }]
  const made = await create({ TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: tags }] })
  const id = made.VpcEndpointId!
  const found = async (Name: string, value: string) =>
    (await describeEndpoints({ Filters: [{ Name, Values: [value] }] })).map(each => each.VpcEndpointId)

  assert.deepEqual(made.Tags, tags)
  assert.deepEqual(await found('tag:team', 'red'), [id])
  assert.deepEqual(await found('tag:team', 'blue'), [])
  assert.deepEqual(await found('tag-key', 'team'), [id])
  await client.send(new ec2.DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'team' }] }))

  assert.deepEqual(await found('tag-key', 'team'), [])
})

const filters: Readonly<Record<string, readonly [matching: string, other: string]>> = {
  'ip-address-type': ['ipv4', 'dualstack'],
  'service-name': ['com.amazonaws.us-west-2.kms', 'com.amazonaws.us-west-2.sts'],
  'service-region': ['us-west-2', 'us-east-1'],
  'vpc-id': [VpcId, 'vpc-00000000000000000'],
  'vpc-endpoint-id': [VpcEndpointId, 'vpce-00000000000000000'],
  'vpc-endpoint-state': ['available', 'deleting'],
  'vpc-endpoint-type': ['Interface', 'Gateway'],
}
for (const [Name, [matching, other]] of Object.entries(filters)) {
  test(`DescribeVpcEndpoints with ${Name}=${matching} has the endpoint, with ${other} it has not`, async () => {
    const found = async (value: string) =>
      (await describeEndpoints({ Filters: [{ Name, Values: [value] }] })).some(
        each => each.VpcEndpointId === VpcEndpointId,
      )

    assert.deepEqual([await found(matching), await found(other)], [true, false])
  })
}

test('DescribeVpcEndpoints refuses a filter that it does not have', async () => {
  await refused(
    describeEndpoints({ Filters: [{ Name: 'subnet-id', Values: ['x'] }] }),
    'InvalidParameterValue',
    'subnet-id',
  )
})

test('an endpoint that is deleted frees its private names at once, cannot be changed, and is gone when its doors are', async () => {
  const other = await makePrivateNetwork(postern, client, '10.1.0.0/16')
  const input = { VpcId: other.vpcId, PrivateDnsEnabled: true, SubnetIds: [...other.subnetIds] }
  await refused(create(input), 'InvalidParameter', 'conflicting DNS domain')

  const deleted = await client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [other.endpointId] }))
  const successor = await create(input)
  await refused(modify({ VpcEndpointId: other.endpointId, PrivateDnsEnabled: false }), 'InvalidVpcEndpointId.NotFound')

  assert.deepEqual(deleted.Unsuccessful, [])
  await untilAvailable(client, successor.VpcEndpointId!)
  await refused(describeEndpoints({ VpcEndpointIds: [other.endpointId] }), 'InvalidVpcEndpointId.NotFound')
  const Filters = [{ Name: 'description', Values: [`*${other.endpointId}`] }]
  const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters }))
  assert.deepEqual(NetworkInterfaces, [])
})

test("another account's endpoint is none: not described, changed or deleted, and its VPC takes no endpoint", async () => {
  const { ec2: foreign } = await postern.otherAccount('444455556666')
  const ids = { VpcEndpointIds: [VpcEndpointId] }

  await refused(foreign.send(new ec2.DescribeVpcEndpointsCommand(ids)), 'InvalidVpcEndpointId.NotFound')
  await refused(
    foreign.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId, ResetPolicy: true })),
    'InvalidVpcEndpointId.NotFound',
  )
  const { Unsuccessful } = await foreign.send(new ec2.DeleteVpcEndpointsCommand(ids))
  const ServiceName = 'com.amazonaws.us-west-2.kms'
  const made = foreign.send(new ec2.CreateVpcEndpointCommand({ VpcId, VpcEndpointType: 'Interface', ServiceName }))

  assert.equal(Unsuccessful![0]!.Error!.Code, 'InvalidVpcEndpoint.NotFound')
  await refused(made, 'InvalidVpcId.NotFound')
  assert.equal((await show()).State, 'available')
})

test('the AWS CLI makes, changes, describes and deletes an endpoint with addresses of its own', async () => {
  const [a, b] = network.subnetIds
  const lines = [
    'set -e',
    `vpce=$(aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id ${VpcId} --service-name com.amazonaws.us-west-2.sts --subnet-ids ${a} --subnet-configurations SubnetId=${a},Ipv4=10.0.1.99 --no-private-dns-enabled --dns-options DnsRecordIpType=ipv4 --ip-address-type ipv4 --client-token once --query VpcEndpoint.VpcEndpointId --output text)`,
    `aws ec2 modify-vpc-endpoint --vpc-endpoint-id $vpce --add-subnet-ids ${b} --subnet-configurations SubnetId=${b},Ipv4=10.0.2.99 --private-dns-enabled > /dev/null`,
    `aws ec2 modify-vpc-endpoint --vpc-endpoint-id $vpce --remove-subnet-ids ${a} > /dev/null`,
    `aws ec2 describe-network-interfaces --filters "Name=description,Values=VPC Endpoint Interface $vpce" --query 'NetworkInterfaces[].PrivateIpAddress' --output text`,
    `aws ec2 describe-vpc-endpoints --vpc-endpoint-ids $vpce --query 'VpcEndpoints[].[ServiceName,IpAddressType,DnsOptions.DnsRecordIpType,DnsEntries[-1].DnsName]' --output text`,
    `aws ec2 describe-vpc-endpoint-services --service-names com.amazonaws.us-west-2.sts --query 'ServiceDetails[].[PrivateDnsName,Owner]' --output text`,
    `aws ec2 describe-vpc-endpoint-connections --query 'length(VpcEndpointConnections)'`,
    `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids $vpce --query 'length(Unsuccessful)'`,
  ]
  const { out: exports } = await postern.postern('env')

  const { status, out, error } = await postern.run('sh', ['-c', `${exports}\n${lines.join('\n')}`], { AWS_PAGER: '' })

  assert.equal(status, 0, error)
  assert.deepEqual(out.trim().split('\n'), [
    '10.0.2.99',
    'com.amazonaws.us-west-2.sts\tipv4\tipv4\tsts.us-west-2.amazonaws.com',
    'sts.us-west-2.amazonaws.com\tamazon',
    '0',
    '0',
  ])
})
