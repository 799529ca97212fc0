// VPCs as network namespaces: as root, whose server runs as another user, and as an ordinary user.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteVpcCommand,
  ModifyVpcAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import type { EC2Client, IpPermission } from '@aws-sdk/client-ec2'
import { workloadPort } from '../../src/network/netns/names.ts'
import { NetnsPostern, ways } from '../netns.ts'
import type { Way } from '../netns.ts'
import { admitHttps, untilAvailable } from '../private-network.ts'

const doorAddress = '10.0.1.57'
const notConnected = 'TimeoutError'

interface Vpc {
  readonly vpcId: string
  readonly window: number
  readonly groupId: string
}

// One after the other: each has a server, and many namespaces.
for (const way of ways) test(`netns, ${way}`, t => tryWay(t, way))

async function tryWay(t: TestContext, way: Way): Promise<void> {
  const started = await NetnsPostern.start(way)
  t.after(() => started[Symbol.asyncDispose]())
  const { postern } = started
  const administrator = await postern.administrator()
  const { ec2 } = postern.clients(administrator)
  const tag = `pt${process.pid}${way === 'without root' ? 'u' : 'r'}`
  const first = await makeVpc(ec2, 1, [admitHttps('10.0.1.0/24')])
  const second = await makeVpc(ec2, 2, [admitHttps('10.0.0.0/16')], denyAll)
  const here = await started.attach(first.vpcId, `${tag}-a`, [first.groupId])
  const there = await started.attach(second.vpcId, `${tag}-b`, [second.groupId])

  const hasLink = async (namespace: string, link: string): Promise<boolean> =>
    (await started.run(['ip', '-n', namespace, 'link', 'show', link])).status === 0

  await t.test(
    'two VPCs with the same block each reach their own endpoint, at the same address, port 443 and standard name',
    async () => {
      const answers = await Promise.all(
        [here, there].map(({ namespace }) => started.listKeys(namespace, administrator)),
      )

      assert.deepEqual(answers, ['served', 'AccessDeniedException'])
    },
  )

  await t.test('the server that holds keys is not root, is in no group of root and has no capability', () => {
    const status = readFileSync(`/proc/${started.serverProcessId}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)![1]!.trim()

    assert.ok(!field('Uid').split(/\s+/).includes('0'), field('Uid'))
    assert.ok(!field('Gid').split(/\s+/).includes('0'), field('Gid'))
    assert.ok(!field('Groups').split(/\s+/).includes('0'), field('Groups'))
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(field(set), /^0+$/)
  })

  await t.test(
    'a client that no rule names gets no answer, and a change of rules acts on the next connection',
    async () => {
      const ask = (): Promise<string> => started.listKeys(here.namespace, administrator)
      const rule = { GroupId: first.groupId, IpPermissions: [admitHttps('10.0.1.0/24')] }

      await ec2.send(new RevokeSecurityGroupIngressCommand(rule))
      const revoked = await ask()
      await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))
      const admitted = await ask()

      assert.deepEqual([revoked, admitted], [notConnected, 'served'])
    },
  )

  await t.test('a rule that names a group admits its workloads, and nobody who takes the address of one', async () => {
    const group = await makeGroup(ec2, first.vpcId, 'members', [])
    const member = await started.attach(first.vpcId, `${tag}-c`, [group])
    const thief = await started.attach(first.vpcId, `${tag}-d`, [first.groupId])
    await ec2.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: first.groupId, IpPermissions: [admitHttps('10.0.1.0/24')] }),
    )
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: first.groupId, IpPermissions: [admitGroup(group)] }),
    )
    const ask = (namespace: string, from?: string): Promise<string> =>
      started.listKeys(namespace, administrator, { address: doorAddress, ...(from === undefined ? {} : { from }) })

    const asItself = [await ask(member.namespace), await ask(thief.namespace)]
    await started.must('ip', '-n', thief.namespace, 'addr', 'add', `${member.address}/32`, 'dev', 'vpc0')
    const asMember = await ask(thief.namespace, member.address)
    // Not even by its MAC address.
    const mac = /link\/ether (\S+)/.exec(await started.must('ip', '-n', member.namespace, 'link', 'show', 'vpc0'))![1]!
    await started.must('ip', '-n', thief.namespace, 'link', 'set', 'vpc0', 'address', mac)
    const asItsTwin = await ask(thief.namespace, member.address)
    const memberStill = await ask(member.namespace)

    assert.deepEqual(asItself, ['served', notConnected])
    assert.deepEqual([asMember, asItsTwin, memberStill], [notConnected, notConnected, 'served'])
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: first.groupId,
        IpPermissions: [admitHttps('10.0.1.0/24')],
      }),
    )
  })

  await t.test('nothing but the endpoint and the resolver answers: no other port, no neighbour workload', async () => {
    const neighbour = await started.attach(first.vpcId, `${tag}-e`, [first.groupId])
    const tried = (address: string, port: number): Promise<string> =>
      started.must('ip', 'netns', 'exec', here.namespace, process.execPath, '--eval', tryPort(address, port))

    const answers = await Promise.all([tried(doorAddress, 8443), tried(neighbour.address, 443)])

    assert.deepEqual(answers, ['silence', 'silence'])
  })

  await t.test(
    'a namespace in the way is not touched, is told as a problem of its VPC alone, and is used once it is gone',
    async () => {
      const name = started.namespaceOf(3)
      await started.must('ip', 'netns', 'add', name)
      await started.must('ip', '-n', name, 'link', 'set', 'lo', 'up')
      const third = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
      const vpcId = third.Vpc!.VpcId!

      const status = await postern.postern('status')
      const inTheWay = await started.must('ip', '-n', name, '-br', 'link')
      const others = await started.listKeys(here.namespace, administrator)
      await started.must('ip', 'netns', 'delete', name)
      const mended = await until(async () => (await postern.postern('status')).status === 0)
      const bridges = await started.must('ip', '-n', name, '-br', 'link', 'show', 'type', 'bridge')

      assert.equal(status.status, 1)
      assert.ok(status.out.includes(`The network namespace of ${vpcId} is not as it should be`), status.out)
      assert.ok(!inTheWay.includes('postern0'))
      assert.equal(others, 'served')
      assert.ok(mended)
      assert.match(bridges, /^postern0 /)

      await ec2.send(new DeleteVpcCommand({ VpcId: vpcId }))
      assert.ok(!(await started.names()).includes(name), 'DeleteVpc takes the namespace away')
    },
  )

  await t.test(
    'a namespace that somebody deletes is made again: its door and its resolver serve there what is attached again',
    async () => {
      const name = started.namespaceOf(first.window)
      const inode = (): Promise<string> => started.must('stat', '-c', '%i', `/run/netns/${name}`)
      const before = await inode()
      await started.must('ip', 'netns', 'delete', name)
      const since = Date.now()

      const isBack = await until(() => hasLink(name, 'postern0'))
      const seconds = (Date.now() - since) / 1_000
      const workload = await started.attach(first.vpcId, `${tag}-f`, [first.groupId])
      // By its name, so that the resolver answers too.
      const served = await until(async () => (await started.listKeys(workload.namespace, administrator)) === 'served')

      assert.ok(isBack && seconds < 30, `${seconds} s`)
      assert.notEqual(await inode(), before)
      assert.ok(served)
      // Its interface goes with the old namespace, once nothing there is open any more.
      assert.ok(await until(async () => !(await hasLink(here.namespace, 'vpc0'))))
      await started.reattach(first.vpcId, here.namespace, [first.groupId])
      assert.equal(await started.listKeys(here.namespace, administrator), 'served')
      assert.equal((await postern.postern('status')).status, 0)
    },
  )

  await t.test('a workload that goes takes no way of another with it', async () => {
    const gone = await started.attach(first.vpcId, `${tag}-h`, [first.groupId])
    const inside = started.namespaceOf(first.window)
    // A bridge without an address of its own has the lowest one of its ports.
    const port = workloadPort(gone.interfaceId)
    await started.must('ip', '-n', inside, 'link', 'set', port, 'address', '02:00:00:00:00:01')
    const ask = (): Promise<string> => started.listKeys(here.namespace, administrator, { address: doorAddress })
    await started.must('ip', '-n', here.namespace, 'neigh', 'flush', 'dev', 'vpc0')
    const before = await ask()

    await started.must('ip', '-n', inside, 'link', 'delete', port)
    const after = await ask()

    assert.deepEqual([before, after], ['served', 'served'])
  })

  await t.test('a namespace whose making was broken off is made anew, and keeps no other VPC waiting', async () => {
    const [third, fourth] = [started.namespaceOf(3), started.namespaceOf(4)]
    const made = await Promise.all([1, 2].map(() => ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))))
    await postern.stop()
    // Before it has its mark; and before its name leads to it, which a container that starts again leaves too.
    for (const name of [third, fourth]) await started.must('ip', 'netns', 'delete', name)
    await started.must('ip', 'netns', 'add', third)
    await started.must('touch', `/run/netns/${fourth}`)

    await postern.start()
    const status = await postern.postern('status')
    const served = await until(
      async () => (await started.listKeys(here.namespace, administrator, { address: doorAddress })) === 'served',
    )
    const bridged = [await hasLink(third, 'postern0'), await hasLink(fourth, 'postern0')]

    assert.equal(status.status, 0, status.out)
    assert.ok(served)
    assert.deepEqual(bridged, [true, true])
    for (const { Vpc: vpc } of made) await ec2.send(new DeleteVpcCommand({ VpcId: vpc!.VpcId! }))
  })

  await t.test('a restart finds the namespaces again as they are, and goes on serving in them', async () => {
    const name = started.namespaceOf(first.window)
    const inode = (): Promise<string> => started.must('stat', '-c', '%i', `/run/netns/${name}`)
    const before = await inode()

    const exitCode = await postern.stop()
    const stopped = [await inode(), await started.listKeys(here.namespace, administrator, { address: doorAddress })]
    await postern.start()
    const served = await until(
      async () => (await started.listKeys(here.namespace, administrator, { address: doorAddress })) === 'served',
    )

    assert.equal(exitCode, 0)
    assert.deepEqual(stopped, [before, 'ECONNREFUSED'])
    assert.ok(served)
    assert.equal(await inode(), before)
  })

  if (way === 'without root') {
    await t.test('where the holder of the namespaces is killed, another has them made again and served', async () => {
      const before = started.holderProcessId!
      process.kill(before, 'SIGKILL')

      const isHeld = await until(() => Promise.resolve(![undefined, before].includes(started.holderProcessId)))
      const isBack = await until(() => hasLink(started.namespaceOf(first.window), 'postern0'))
      const workload = await started.attach(first.vpcId, `${tag}-g`, [first.groupId])
      const served = await until(async () => (await started.listKeys(workload.namespace, administrator)) === 'served')

      assert.deepEqual([isHeld, isBack, served], [true, true, true])
      assert.equal((await postern.postern('status')).status, 0)
    })
  }

  await t.test('postern network clean waits for the server to be stopped, and removes what is ours alone', async () => {
    const similar = started.namespaceOf(9)
    const running = await postern.postern('network', 'clean', '--yes')
    await postern.stop()
    await started.makeNamespace(similar)
    await started.must('ip', '-n', similar, 'link', 'set', 'lo', 'up')
    await started.must('touch', `/run/netns/${started.namespaceOf(8)}`)
    const shown = await postern.postern('network', 'clean')
    const before = await started.names()
    const cleaned = await postern.postern('network', 'clean', '--yes')
    const again = await postern.postern('network', 'clean')

    assert.equal(running.status, 2)
    assert.match(running.error, /is using .*: stop it/)
    assert.match(shown.out, /^Would remove /)
    assert.ok(before.includes(started.namespaceOf(first.window)))
    assert.match(cleaned.out, /^Removed /)
    assert.match(again.out, /^Nothing on this machine has the mark of /)
    if (way === 'started by root') {
      const left = await started.names()
      assert.ok(left.includes(similar) && left.includes(here.namespace))
      assert.ok(!left.includes(started.namespaceOf(8)), 'what was broken off goes too')
      const files = readdirSync('/etc/netns').filter(name => name.startsWith(tag))
      assert.deepEqual(files, [], 'nothing asks the resolvers any more that are gone')
      assert.ok(!left.includes(started.namespaceOf(first.window)) && !left.includes(started.namespaceOf(second.window)))
    }
  })
}

const denyAll = JSON.stringify({ Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }] })

async function makeVpc(
  ec2: EC2Client,
  window: number,
  permissions: readonly IpPermission[],
  policy?: string,
): Promise<Vpc> {
  const vpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
  const made = await ec2.send(
    new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '10.0.1.0/24', AvailabilityZone: 'us-west-2a' }),
  )
  const SubnetId = made.Subnet!.SubnetId!
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }))
  const groupId = await makeGroup(ec2, vpcId, 'clients', permissions)
  const endpoint = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcEndpointType: 'Interface',
      VpcId: vpcId,
      ServiceName: 'com.amazonaws.us-west-2.kms',
      SubnetIds: [SubnetId],
      SubnetConfigurations: [{ SubnetId, Ipv4: doorAddress }],
      SecurityGroupIds: [groupId],
      PrivateDnsEnabled: true,
      ...(policy === undefined ? {} : { PolicyDocument: policy }),
    }),
  )
  await untilAvailable(ec2, endpoint.VpcEndpoint!.VpcEndpointId!)
  return { vpcId, window, groupId }
}

async function makeGroup(
  ec2: EC2Client,
  vpcId: string,
  name: string,
  permissions: readonly IpPermission[],
): Promise<string> {
  const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId: vpcId }))
  const GroupId = made.GroupId!
  if (permissions.length > 0)
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [...permissions] }))
  return GroupId
}

const admitGroup = (GroupId: string): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: 443,
  ToPort: 443,
  UserIdGroupPairs: [{ GroupId }],
})

/** A program that tells what a port does. */
const tryPort = (address: string, port: number): string => `
const socket = require('node:net').connect({ host: '${address}', port: ${port} })
const tell = word => { process.stdout.write(word); process.exit() }
setTimeout(() => tell('silence'), 1000)
socket.on('connect', () => tell('connected')).on('error', error => tell(error.code))`

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + 60_000
  while (Date.now() < end) {
    if (await isSo()) return true
    await delay(100)
  }
  return false
}
