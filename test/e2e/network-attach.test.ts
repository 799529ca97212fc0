// Workloads in network namespaces of their own, connected to VPCs that are network namespaces too.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import {
  AssociateVpcCidrBlockCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { networkHost } from '../../src/network/index.ts'
import { attachedClients } from '../attached-clients.ts'
import type { Attached } from '../attached-clients.ts'
import { endNetnsPostern, startNetnsPostern } from '../netns-postern.ts'
import { admitHttps, makePrivateNetwork } from '../private-network.ts'
import { trailText } from '../start-postern.ts'

if (spawnSync('aws', ['--version']).status !== 0) {
  throw new Error('These tests drive the AWS CLI, which is not installed here: "apt-get install awscli" brings it')
}

const postern = await startNetnsPostern()
const clients = await attachedClients(postern)
after(async () => {
  await clients.detachAll()
  await endNetnsPostern(postern)
})
const { ec2 } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, ec2)
const { vpcId, groupId } = network
const { done, notDone, run: runCommand, named, inside } = clients
const host = networkHost(postern.dataDirectory)
const attach = (name: string, ...words: readonly string[]): Promise<Attached> => clients.attach(name, vpcId, ...words)
const attachNew = (name: string, ...words: readonly string[]): Promise<Attached> => attach(name, '--create', ...words)
const detach = (name: string): Promise<string> => done('detach', '--vpc', vpcId, '--netns', named(name))
const list = (): Promise<string> => done('list')

const knock = `
const socket = require('node:net').connect({ host: process.argv[1], port: 443, localAddress: process.argv[2] })
socket.on('connect', () => { console.log('open'); process.exit() })
socket.on('error', error => { console.log(error.code); process.exit() })
setTimeout(() => { console.log('silence'); process.exit() }, 2000)`

// The resolver has this address in every VPC with IPv6.
const askOverIpv6 = `
const resolver = new (require('node:dns').promises.Resolver)()
resolver.setServers(['fd00:ec2::253'])
const ask = tries => resolver.resolve4('kms.us-west-2.amazonaws.com').then(
  found => console.log(found.join(' ')),
  error => tries === 0 ? console.log(error.code) : setTimeout(ask, 100, tries - 1))
ask(20)`

/** Whether a connection to the endpoint is opened from inside. */
async function knocks(attached: Attached, from = attached.workload.address): Promise<string> {
  const { out, error } = await inside(attached, process.execPath, '-e', knock, new URL(network.url).hostname, from)
  return out.trim() || error
}

const namespaces = (): Promise<string> => host.run(['ip', 'netns', 'list'])

test('[E44] the unmodified AWS CLI inside an attached namespace reaches the endpoint by the service’s own name, and the trail has the workload’s address', async () => {
  const attached = await attachNew('cli')

  const { status, out, error } = await inside(attached, 'aws', 'kms', 'list-keys')

  assert.equal(status, 0, error)
  assert.deepEqual(JSON.parse(out), { Keys: [] })
  const record = trailText(postern)
    .split('\n')
    .find(line => line.includes('"ListKeys"'))!
  assert.ok(record.includes(`"sourceIPAddress":"${attached.workload.address}"`), record)
  assert.ok(record.includes(`"vpcEndpointId":"${network.endpointId}"`), record)
  await detach('cli')
})

test('[E44] a rule that names a group opens the endpoint to the workload in it, not to another, nor to one that takes its address', async () => {
  const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'in', Description: 'in', VpcId: vpcId }))
  const member = await attachNew('member', '--security-group', made.GroupId!)
  const other = await attachNew('other')
  const rule = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: made.GroupId! }] }
  const wide = { GroupId: groupId, IpPermissions: [admitHttps('10.0.0.0/16')] }
  const before = await knocks(other)

  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] }))
  await ec2.send(new RevokeSecurityGroupIngressCommand(wide))
  const during = [await knocks(member), await knocks(other)]
  await host.run(['ip', '-n', named('other'), 'addr', 'add', `${member.workload.address}/32`, 'dev', 'vpc0'])
  const stolen = await knocks(other, member.workload.address)
  await detach('member')
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(wide))
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] }))

  assert.equal(before, 'open')
  assert.deepEqual(during, ['open', 'silence'])
  assert.equal(stolen, 'silence')
  await detach('other')
})

test('a workload of a subnet with IPv6 has an address of it, and reaches the resolver there', async () => {
  const made = await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpcId, AmazonProvidedIpv6CidrBlock: true }))
  const block = made.Ipv6CidrBlockAssociation!.Ipv6CidrBlock!.replace('/56', '/64')
  const subnet = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '10.0.6.0/24', Ipv6CidrBlock: block }),
  )
  const SubnetId = subnet.Subnet!.SubnetId!
  const attached = await attachNew('six', '--subnet', SubnetId)

  const { out, error } = await inside(attached, process.execPath, '-e', askOverIpv6)

  assert.match(out, /^(?:10\.0\.[12]\.\d+ ?){2}\n$/, error)
  assert.equal(
    (await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces!.filter(
      one => one.Ipv6Address === attached.workload.ipv6Address,
    ).length,
    1,
  )
  await detach('six')
  await ec2.send(new DeleteSubnetCommand({ SubnetId }))
})

test('a namespace of one’s own is attached as it is, and left as it was', async () => {
  const name = named('own')
  await host.run(['ip', 'netns', 'add', name])

  const attached = await attach('own')
  const open = await knocks(attached)
  await detach('own')

  assert.equal(open, 'open')
  assert.match(await namespaces(), new RegExp(`^${name}\\b`, 'm'))
  assert.ok(!(await host.run(['ip', '-n', name, 'link', 'show'])).includes('vpc0'))
  await host.run(['ip', 'netns', 'delete', name])
})

test('the command of an attached namespace leaves out what leads past the endpoints of its VPC', async () => {
  const attached = await attachNew('environment')
  const { AWS_ENDPOINT_URL_IAM: _ofNoRegion, ...variables } = await postern.environment()
  const [program, ...words] = [...attached.command, 'env']

  const { out } = await postern.run(program, words, variables)
  await detach('environment')

  assert.match(out, /^AWS_CA_BUNDLE=/m)
  assert.doesNotMatch(out, /^AWS_ENDPOINT_URL/m)
})

test('a namespace that Postern made goes with the workload, and its links and files with it', async () => {
  const attached = await attachNew('made')
  const [folder] = [host.prefix.length === 0 ? `/etc/netns/${named('made')}` : `/run/postern/${named('made')}`]
  const during = await host.run(['cat', `${folder}/resolv.conf`])

  await detach('made')

  assert.match(during, /^# Written by Postern.*\nnameserver 10\.0\.0\.2\n/)
  assert.ok(!(await namespaces()).includes(named('made')))
  await assert.rejects(host.run(['ls', folder]), /No such file/)
  assert.ok(!(await list()).includes(attached.workload.address))
})

test('a workload whose namespace is gone, as after a restart of the machine, is attached again at the same address', async () => {
  const first = await attachNew('again')
  await host.run(['ip', 'netns', 'delete', named('again')])

  const second = await attach('again')

  assert.deepEqual(second.workload, first.workload)
  assert.equal(await knocks(second), 'open')
  await detach('again')
})

test('attaching again does not break connections that are open', async () => {
  const attached = await attachNew('steady')
  const before = await host.run(['ip', '-n', named('steady'), '-j', 'link', 'show', 'vpc0'])

  await attach('steady')

  const index = (text: string): unknown => (JSON.parse(text) as readonly { readonly ifindex: number }[])[0]!.ifindex
  assert.equal(index(await host.run(['ip', '-n', named('steady'), '-j', 'link', 'show', 'vpc0'])), index(before))
  assert.equal(await knocks(attached), 'open')
  await detach('steady')
})

test('a workload is attached over a restart of the server', async () => {
  const attached = await attachNew('lasting')

  await postern.stop()
  await postern.start()

  assert.equal(await knocks(attached), 'open')
  await detach('lasting')
})

test('a namespace that is not there, or has something in the way, is not attached, and no address is taken', async () => {
  const name = named('taken')
  await host.run(['ip', 'netns', 'add', name])
  await host.run(['ip', '-n', name, 'link', 'add', 'vpc0', 'type', 'bridge'])

  const absent = await notDone('attach', '--vpc', vpcId, '--netns', named('absent'))
  const inTheWay = await notDone('attach', '--vpc', vpcId, '--netns', name)
  await host.run(['ip', '-n', name, 'link', 'delete', 'vpc0'])
  await host.run(['ip', '-n', name, 'link', 'set', 'lo', 'up'])
  await host.run(['ip', '-n', name, 'route', 'add', '10.0.0.0/16', 'dev', 'lo'])
  const otherWay = await notDone('attach', '--vpc', vpcId, '--netns', name)

  assert.match(absent, /There is no network namespace "absent-/)
  assert.match(inTheWay, /has an interface "vpc0" already/)
  assert.match(otherWay, /has a route of its own to one of 10\.0\.0\.0\/16, .*take it away first/)
  assert.ok(!(await host.run(['ip', '-n', name, 'link', 'show'])).includes('vpc0'))
  const listed = await list()
  assert.ok(![name, named('absent')].some(one => listed.includes(one)), listed)
  await host.run(['ip', 'netns', 'delete', name])
})

test('a resolver file that somebody else wrote stays as it is, and the command says so', async () => {
  const name = named('files')
  const folder = host.prefix.length === 0 ? `/etc/netns/${name}` : `/run/postern/${name}`
  const file = `${folder}/resolv.conf`
  await host.run(['mkdir', '-p', folder])
  await host.run(['tee', file], 'nameserver 192.0.2.1\n')

  const { status, error } = await runCommand('attach', '--vpc', vpcId, '--netns', name, '--create')
  const during = await host.run(['cat', file])
  await detach('files')
  const behind = await host.run(['cat', file])

  assert.equal(status, 0)
  assert.match(error, new RegExp(`${file} was left as it is`))
  assert.deepEqual([during, behind], ['nameserver 192.0.2.1\n', 'nameserver 192.0.2.1\n'])
  await host.run(['rm', '-r', folder])
})

test('a client that has an address of its own is not set', async () => {
  assert.match(await notDone('client', '--vpc', vpcId, '--security-group', groupId), /"postern network attach"/)
})
