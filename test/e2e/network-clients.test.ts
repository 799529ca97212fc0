// What the operator says about the clients of VPCs, and whom doors admit then: over the loopback network.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AssociateVpcCidrBlockCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DisassociateVpcCidrBlockCommand,
  ModifyVpcEndpointCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { admitHttps, makePrivateNetwork } from '../private-network.ts'
import { networkCommands } from '../run-network-command.ts'
import { repository, startPostern, trailText } from '../start-postern.ts'
import { refused, unreachable } from './refused.ts'

const postern = await startPostern()
after(async () => {
  // The commands have left this process in the data directory.
  process.chdir(repository)
  await postern[Symbol.asyncDispose]()
})
const administrator = await postern.administrator()
const { ec2 } = postern.clients(administrator)
const network = await makePrivateNetwork(postern, ec2)
const window = /^https:\/\/127\.(\d+)\./.exec(network.url)![1]!

interface Attached {
  readonly workload: {
    readonly namespace: string
    readonly interfaceId: string
    readonly subnetId: string
    readonly address: string
    readonly groupIds: readonly string[]
  }
  readonly servedAddress: string
}

const { done, notDone } = networkCommands(postern)

const attach = async (namespace: string, ...words: readonly string[]): Promise<Attached> =>
  JSON.parse(await done('attach', '--vpc', network.vpcId, '--netns', namespace, '--json', ...words)) as Attached
const detach = (namespace: string): Promise<string> => done('detach', '--vpc', network.vpcId, '--netns', namespace)

const newGroup = async (name: string, VpcId = network.vpcId): Promise<string> =>
  (await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId }))).GroupId!

/** Asks through the endpoint from an address of this machine. */
const reach = (localAddress?: string): Promise<unknown> =>
  postern
    .clients(administrator, { kmsUrl: network.url, ...(localAddress === undefined ? {} : { localAddress }) })
    .kms.send(new ListKeysCommand({}))

const wide = { GroupId: network.groupId, IpPermissions: [admitHttps('10.0.0.0/16')] }
const everybody = { GroupId: network.groupId, IpPermissions: [admitHttps('0.0.0.0/0')] }
const membersOf = (groupId: string) => ({
  GroupId: network.groupId,
  IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: groupId }] }],
})

/** Has other rules for the endpoint's group while something is tried. */
async function withRule(rule: typeof wide | ReturnType<typeof membersOf>, act: () => Promise<void>): Promise<void> {
  await ec2.send(new RevokeSecurityGroupIngressCommand(wide))
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))
  try {
    await act()
  } finally {
    await ec2.send(new RevokeSecurityGroupIngressCommand(rule))
    await ec2.send(new AuthorizeSecurityGroupIngressCommand(wide))
  }
}

test('[E44] a rule that names a group admits the workload that is in it, at its address, and nobody else', async () => {
  const groupId = await newGroup('workloads')
  const member = await attach('member', '--security-group', groupId)
  const other = await attach('other')

  await withRule(membersOf(groupId), async () => {
    await reach(member.servedAddress)
    await unreachable(reach(other.servedAddress))
    await unreachable(reach(`127.${window}.1.255`))
    await unreachable(reach())
    await detach('member')
    await unreachable(reach(member.servedAddress))
  })

  await detach('other')
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }))
})

test('[E44] a client that the operator has put into a group is admitted by it without an address of its own, until that is reset', async () => {
  const groupId = await newGroup('stand-in')

  await withRule(membersOf(groupId), async () => {
    await unreachable(reach())
    await done('client', '--vpc', network.vpcId, '--security-group', groupId)
    await reach()
    await unreachable(reach(`127.${window}.1.255`))
    await done('client', '--vpc', network.vpcId, '--reset')
    await unreachable(reach())
  })
})

test('[E44] an admitted address needs a rule too, and a rule for everybody admits no address that is not admitted', async () => {
  const { vpcId } = network
  await done('admit', '--vpc', vpcId, '--cidr', '192.168.0.0/16')
  await done('client', '--vpc', vpcId, '--address', '192.168.3.4')

  await unreachable(reach())
  await withRule(everybody, async () => {
    await reach()
    await done('admit', '--vpc', vpcId, '--cidr', '192.168.0.0/16', '--remove')
    await unreachable(reach())
    await done('admit', '--vpc', vpcId, '--cidr', '192.168.3.0/24')
    await reach()
  })
  await unreachable(reach())
  await done('client', '--vpc', vpcId, '--reset')
  await done('admit', '--vpc', vpcId, '--cidr', '192.168.3.0/24', '--remove')
})

test('aws:VpcSourceIp and the trail have the address of the workload, and that of the client from an admitted block', async () => {
  const { vpcId, endpointId: VpcEndpointId } = network
  const { servedAddress, workload } = await attach('seen')
  await done('admit', '--vpc', vpcId, '--cidr', '192.168.0.0/16')
  await done('client', '--vpc', vpcId, '--address', '192.168.3.4')
  const permit = (address: string): Promise<unknown> => {
    const Condition = { IpAddress: { 'aws:VpcSourceIp': `${address}/32` } }
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', Condition }]
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    return ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, PolicyDocument }))
  }

  await withRule(everybody, async () => {
    await permit(workload.address)
    await reach(servedAddress)
    await refused(reach(), 'AccessDeniedException')
    await permit('192.168.3.4')
    await refused(reach(servedAddress), 'AccessDeniedException')
    await reach()
  })

  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, ResetPolicy: true }))
  for (const address of [workload.address, '192.168.3.4'])
    assert.ok(trailText(postern).includes(`"sourceIPAddress":"${address}"`), address)
  await done('client', '--vpc', vpcId, '--reset')
  await done('admit', '--vpc', vpcId, '--cidr', '192.168.0.0/16', '--remove')
  await detach('seen')
})

test('a workload has an interface as EC2 shows it, takes an address of the subnet, and holds its subnet and its groups', async () => {
  const { vpcId: VpcId, subnetIds } = network
  const [, SubnetId] = subnetIds
  const groupId = await newGroup('holder')
  const count = async (): Promise<number> =>
    (await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets![0]!.AvailableIpAddressCount!
  const before = await count()

  const { workload } = await attach('shown', '--subnet', SubnetId, '--security-group', groupId)
  const found = await ec2.send(
    new DescribeNetworkInterfacesCommand({
      NetworkInterfaceIds: [workload.interfaceId],
      Filters: [{ Name: 'group-id', Values: [groupId] }],
    }),
  )
  const during = await count()
  await refused(ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId })), 'DependencyViolation')
  await refused(ec2.send(new DeleteSubnetCommand({ SubnetId })), 'DependencyViolation')
  await detach('shown')
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }))

  const [shown] = found.NetworkInterfaces!
  assert.deepEqual(
    [shown!.Description, shown!.InterfaceType, shown!.RequesterManaged, shown!.VpcId, shown!.SubnetId, shown!.Status],
    ['Postern workload shown', 'interface', false, VpcId, SubnetId, 'in-use'],
  )
  assert.equal(shown!.PrivateIpAddress, workload.address)
  assert.deepEqual(shown!.Groups, [{ GroupId: groupId, GroupName: 'holder' }])
  assert.deepEqual([during, await count()], [before - 1, before])
  await refused(
    ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [workload.interfaceId] })),
    'InvalidNetworkInterfaceID.NotFound',
  )
})

test('another account sees no interface of a workload of ours', async () => {
  const { workload } = await attach('secret')
  const other = await postern.otherAccount('111122223333')

  const { NetworkInterfaces } = await other.ec2.send(new DescribeNetworkInterfacesCommand({}))

  assert.deepEqual(NetworkInterfaces, [])
  await refused(
    other.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [workload.interfaceId] })),
    'InvalidNetworkInterfaceID.NotFound',
  )
  await detach('secret')
})

test('a workload in another block of the VPC is seen at its own address, not at the one of the first block that ends alike', async () => {
  const VpcId = network.vpcId
  const more = await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: '10.200.0.0/16' }))
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.200.9.0/24' }))
  const SubnetId = Subnet!.SubnetId!
  const { servedAddress, workload } = await attach('elsewhere', '--subnet', SubnetId)

  await withRule({ ...wide, IpPermissions: [admitHttps(`${workload.address}/32`)] }, async () => {
    await reach(servedAddress)
    await unreachable(reach(servedAddress.replace(/\d+$/, '255')))
  })

  assert.match(workload.address, /^10\.200\.9\./)
  await detach('elsewhere')
  await ec2.send(new DeleteSubnetCommand({ SubnetId }))
  await ec2.send(new DisassociateVpcCidrBlockCommand({ AssociationId: more.CidrBlockAssociation!.AssociationId! }))
})

test('a workload without named groups is in the default group, as an instance is', async () => {
  const { workload } = await attach('standard')

  const { NetworkInterfaces } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [workload.interfaceId] }),
  )

  assert.deepEqual(
    NetworkInterfaces![0]!.Groups!.map(group => group.GroupName),
    ['default'],
  )
  await detach('standard')
})

test('a namespace is in one VPC, and groups and subnets are its own', async () => {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc!.VpcId!
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' }))
  const foreignGroup = await newGroup('foreign', VpcId)
  await attach('settled')
  const here = ['attach', '--vpc', network.vpcId, '--netns', 'new'] as const

  assert.match(
    await notDone('attach', '--vpc', VpcId, '--netns', 'settled'),
    new RegExp(`attached to ${network.vpcId}`),
  )
  assert.match(await notDone(...here, '--security-group', foreignGroup), /is none of vpc-/)
  assert.match(await notDone(...here, '--subnet', Subnet!.SubnetId!), /is none of vpc-/)
  assert.match(await notDone('client', '--vpc', network.vpcId, '--security-group', foreignGroup), /is none of vpc-/)
  assert.match(await notDone('detach', '--vpc', VpcId, '--netns', 'settled'), /is not attached to vpc-/)
  await detach('settled')
  const moved = await done('attach', '--vpc', VpcId, '--netns', 'settled')
  assert.match(moved, new RegExp(`^Attached to ${VpcId}: settled is 10\\.0\\.1\\.`))
  await done('detach', '--vpc', VpcId, '--netns', 'settled')
})

for (const name of [
  '../x',
  '/etc/x',
  '.',
  '..',
  '-x',
  'a/b',
  'a b',
  'a\nb',
  '',
  'ü',
  'x'.repeat(64),
  'postern-0123abcd-7',
]) {
  test(`a namespace is not attached under the name ${JSON.stringify(name)}`, async () => {
    const error = await notDone('attach', '--vpc', network.vpcId, `--netns=${name}`)

    assert.match(error, /^postern: Cannot (?:use|attach)/)
  })
}

test('an interface is in five groups at most', async () => {
  const groups = await Promise.all([1, 2, 3, 4, 5, 6].map(number => newGroup(`many ${number}`)))
  const words = groups.flatMap(id => ['--security-group', id])

  const error = await notDone('attach', '--vpc', network.vpcId, '--netns', 'many', ...words)

  assert.match(error, /can be in 5 security groups; 6 are named/)
  await done('attach', '--vpc', network.vpcId, '--netns', 'many', ...words.slice(2))
  await detach('many')
})

test('workloads that are attached at once get addresses of their own', async () => {
  const names = ['a', 'b', 'c', 'd']

  const attached = await Promise.all(names.map(name => attach(name)))

  assert.equal(new Set(attached.map(({ workload }) => workload.address)).size, names.length)
  for (const name of names) await detach(name)
})

test('a deleted VPC takes along what was said about its clients', async () => {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }))
  const VpcId = Vpc!.VpcId!
  await done('admit', '--vpc', VpcId, '--cidr', '192.168.0.0/16')
  await done('client', '--vpc', VpcId, '--address', '10.7.0.9')

  await ec2.send(new DeleteVpcCommand({ VpcId }))

  assert.ok(!(await done('list')).includes(VpcId))
  assert.match(await notDone('admit', '--vpc', VpcId, '--cidr', '192.168.0.0/16'), /There is no VPC/)
  assert.match(await notDone('attach', '--vpc', VpcId, '--netns', 'x'), /There is no VPC/)
})

test('each change is in the trail as an act of the operator, a refused one is not', async () => {
  const { vpcId } = network
  await done('admit', '--vpc', vpcId, '--cidr', '172.20.0.0/16')
  await done('admit', '--vpc', vpcId, '--cidr', '172.20.0.0/16', '--remove')
  await notDone('admit', '--vpc', vpcId, '--cidr', '172.21.0.0/15')
  const { workload } = await attach('recorded')
  await detach('recorded')

  const text = trailText(postern)
  const records = text.split('\n').filter(line => line.includes('172.20.0.0/16') || line.includes('"recorded"'))

  const names = records.map(line => /"eventName":"(\w+)"/.exec(line)![1])
  assert.deepEqual(names, ['AdmitNetworkSources', 'DismissNetworkSources', 'AttachWorkload', 'DetachWorkload'])
  assert.ok(
    records.every(line => line.includes(vpcId) && line.includes('"readOnly":false')),
    records.join('\n'),
  )
  assert.ok(records.slice(2).every(line => line.includes(workload.interfaceId)))
  assert.ok(!text.includes('172.21.0.0'))
})

test('what was said survives a restart', async () => {
  const { vpcId } = network
  await done('admit', '--vpc', vpcId, '--cidr', '172.22.0.0/16')
  const { workload } = await attach('lasting')

  await postern.stop()
  await postern.start()

  const again = await attach('lasting')
  const list = await done('list')
  assert.deepEqual(again.workload, workload)
  assert.match(list, /admits {4}172\.22\.0\.0\/16/)
  assert.match(list, new RegExp(`workload {2}lasting is ${workload.address} `))
})
