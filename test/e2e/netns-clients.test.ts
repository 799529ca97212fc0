// Unmodified clients inside VPCs: real addresses, port 443, the VPC's resolver, and nothing set but credentials, Region and trust.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { after, test } from 'node:test'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclEntryCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { networkHost } from '../../src/network/index.ts'
import { attachedClients } from '../attached-clients.ts'
import { endNetnsPostern, startNetnsPostern } from '../netns-postern.ts'
import { admitHttps, makePrivateNetwork } from '../private-network.ts'
import { pythonWithBoto3 } from '../python.ts'
import { run, trailText } from '../start-postern.ts'

for (const [program, words, from] of [
  ['aws', ['--version'], 'awscli'],
  ['tshark', ['--version'], 'tshark'],
] as const) {
  if (spawnSync(program, words).status !== 0)
    throw new Error(`These tests drive ${program}, which is not installed here: "apt-get install ${from}" brings it`)
}
const python = pythonWithBoto3()

const postern = await startNetnsPostern()
const { ec2 } = postern.clients(await postern.administrator())
const { attach, inside, detachAll } = await attachedClients(postern)
after(async () => {
  await detachAll()
  await endNetnsPostern(postern)
})

const network = await makePrivateNetwork(postern, ec2)
const twin = await makePrivateNetwork(postern, ec2)
const empty = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
await ec2.send(new CreateSubnetCommand({ VpcId: empty, CidrBlock: '10.0.1.0/24' }))
const [near, far] = network.subnetIds
// Only the first subnet's clients are admitted.
await ec2.send(
  new AuthorizeSecurityGroupIngressCommand({ GroupId: network.groupId, IpPermissions: [admitHttps('10.0.1.0/24')] }),
)
await ec2.send(
  new RevokeSecurityGroupIngressCommand({ GroupId: network.groupId, IpPermissions: [admitHttps('10.0.0.0/16')] }),
)
const client = await attach('client', network.vpcId, '--create', '--subnet', near)
const stranger = await attach('stranger', network.vpcId, '--create', '--subnet', far)
const neighbour = await attach('neighbour', twin.vpcId, '--create')
const lost = await attach('lost', empty, '--create')

const listKeys = ['aws', 'kms', 'list-keys', '--output', 'json']
const clients: Readonly<Record<string, readonly string[]>> = {
  'the AWS CLI': listKeys,
  boto3: [python, '-c', "import boto3, json; print(json.dumps({'Keys': boto3.client('kms').list_keys()['Keys']}))"],
  'the AWS SDK for JavaScript': [
    process.execPath,
    '--input-type=module',
    '-e',
    `import { KMSClient, ListKeysCommand } from '${import.meta.resolve('@aws-sdk/client-kms')}'
     const { Keys } = await new KMSClient({}).send(new ListKeysCommand({}))
     console.log(JSON.stringify({ Keys }))`,
  ],
}

interface ListKeysRecord {
  readonly vpcEndpointId?: string
  readonly sourceIPAddress: string
  readonly tlsDetails: object
}

/** The newest record of ListKeys. */
function lastRecord(): ListKeysRecord {
  const line = trailText(postern)
    .split('\n')
    .findLast(text => text.includes('"eventName":"ListKeys"'))!
  return (JSON.parse(line) as { readonly event: ListKeysRecord }).event
}

for (const [name, words] of Object.entries(clients)) {
  test(`${name}, unmodified inside a VPC, reaches the private endpoint by the name of the service`, async () => {
    const { status, out, error } = await inside(client, ...words)

    assert.equal(status, 0, error)
    assert.deepEqual(JSON.parse(out), { Keys: [] })
    const { vpcEndpointId, sourceIPAddress, tlsDetails } = lastRecord()
    assert.deepEqual([vpcEndpointId, sourceIPAddress], [network.endpointId, client.workload.address])
    assert.match(JSON.stringify(tlsDetails), /"clientProvidedHostHeader":"kms\.us-west-2\.amazonaws\.com"/)
  })

  test(`${name} does not find the name in a VPC without an endpoint`, async () => {
    const { status, error } = await inside(lost, ...words)

    assert.notEqual(status, 0)
    assert.match(error, /Could not connect to the endpoint URL|EndpointConnectionError|ENOTFOUND/)
  })

  test(`${name} in a VPC with the same block reaches that VPC's endpoint, not its neighbour's`, async () => {
    const { status, error } = await inside(neighbour, ...words)

    assert.equal(status, 0, error)
    assert.equal(lastRecord().vpcEndpointId, twin.endpointId)
  })
}

test('a name that does not exist in a VPC without an endpoint is told so by its resolver, not sent elsewhere', async () => {
  const { status, out } = await inside(lost, 'getent', 'ahosts', 'kms.us-west-2.amazonaws.com')

  assert.deepEqual([status, out], [2, ''])
})

test('[E44] a client that no rule of the security group admits times out: its packets are not answered', async () => {
  const resolved = await inside(stranger, 'getent', 'ahostsv4', 'kms.us-west-2.amazonaws.com')
  const { status, error } = await inside(stranger, ...listKeys, '--cli-connect-timeout', '2')

  assert.equal(resolved.status, 0, 'the name is found')
  assert.notEqual(status, 0)
  assert.match(error, /Connect timeout on endpoint URL: "https:\/\/kms\.us-west-2\.amazonaws\.com\/"/)
})

test('a client that a network ACL stops times out, and one in the subnet of the interface does not ask it', async () => {
  const { NetworkInterfaces } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'vpc-id', Values: [twin.vpcId] }] }),
  )
  const addressIn = (subnetId: string): string =>
    NetworkInterfaces!.find(one => one.SubnetId === subnetId)!.PrivateIpAddress!
  const outcomeOf = async (host: string): Promise<string> => {
    const script = `const socket = require('node:net').connect(443, '${host}')
      const end = outcome => { console.log(outcome); process.exit() }
      socket.on('connect', () => end('connected')).on('error', error => end(error.code))
      setTimeout(() => end('no answer'), 2000)`
    return (await inside(neighbour, process.execPath, '-e', script)).out.trim()
  }
  // It may be in either of them: nobody has said in which.
  const { subnetId, address } = neighbour.workload
  const otherId = twin.subnetIds.find(id => id !== subnetId)!
  const [same, other] = [addressIn(subnetId), addressIn(otherId)]
  const { NetworkAcls } = await ec2.send(
    new DescribeNetworkAclsCommand({ Filters: [{ Name: 'vpc-id', Values: [twin.vpcId] }] }),
  )
  const rule = { NetworkAclId: NetworkAcls![0]!.NetworkAclId!, RuleNumber: 1, Egress: false }
  const before = [await outcomeOf(same), await outcomeOf(other)]

  await ec2.send(
    new CreateNetworkAclEntryCommand({ ...rule, RuleAction: 'deny', Protocol: '-1', CidrBlock: `${address}/32` }),
  )
  const denied = [await outcomeOf(same), await outcomeOf(other)]
  await ec2.send(new DeleteNetworkAclEntryCommand(rule))
  const again = [await outcomeOf(same), await outcomeOf(other)]

  assert.deepEqual(before, ['connected', 'connected'])
  assert.deepEqual(denied, ['connected', 'no answer'])
  assert.deepEqual(again, before)
})

const knock = "require('node:net').connect(443, '127.0.0.1').on('error', () => process.exit())"

/** Counts the packets of connections to port 443 that a capture sees while something is done. `prefix` leads to where it captures. */
async function packetsDuring(prefix: readonly string[], act: () => Promise<unknown>): Promise<number> {
  const words = [
    'tshark',
    '-l',
    '-n',
    '-i',
    'any',
    '-f',
    'tcp port 443',
    '-T',
    'fields',
    '-e',
    'ip.src',
    '-e',
    'ip.dst',
  ]
  const [program, ...rest] = [...prefix, ...words]
  const { PATH } = process.env
  const capture = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME: '/tmp' } })
  let [seen, said] = ['', '']
  const heard = new EventEmitter()
  capture.stdout.on('data', (chunk: Buffer) => heard.emit('more', (seen += chunk.toString('utf8'))))
  capture.stderr.on('data', (chunk: Buffer) => heard.emit('more', (said += chunk.toString('utf8'))))
  while (!said.includes('Capturing on')) await once(heard, 'more')
  await act()
  // A packet of our own, to a port where nobody is: once the capture shows it, it has shown all before.
  const [first, ...others] = [...prefix, process.execPath, '-e', knock]
  await run(first, others, { PATH })
  while (!seen.includes('127.0.0.1')) await once(heard, 'more')
  capture.kill('SIGINT')
  await once(capture, 'close')
  return seen.split('\n').filter(line => line !== '' && !line.includes('127.0.0.1')).length
}

test('the packets of a request through the endpoint are seen in its namespace, and none of them outside', async () => {
  const { prefix } = networkHost(postern.dataDirectory)
  const status = await postern.postern('status')
  const namespace = new RegExp(`${network.vpcId} .* (postern-[0-9a-f]{8}-\\d+)`).exec(status.out)![1]!
  const ask = async (): Promise<void> => assert.equal((await inside(client, ...listKeys)).status, 0)
  // The machine's own interfaces are root's to look at.
  const outside = await packetsDuring(process.getuid!() === 0 ? [] : ['sudo', '-n'], ask)
  const within = await packetsDuring([...prefix, 'ip', 'netns', 'exec', namespace], ask)

  assert.equal(outside, 0)
  assert.ok(within > 10, `${within} packets were seen inside`)
})
