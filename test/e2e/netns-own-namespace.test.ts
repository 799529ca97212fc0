// A VPC in a namespace that is the operator's own: one that passes packets on, and has a link, rules and a service of his.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { AuthorizeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2'
import { NetnsPostern } from '../netns.ts'
import { admitHttps, makePrivateNetwork } from '../private-network.ts'
import { Postern, freePorts } from '../start-postern.ts'

// Debian's "nobody", and that of most others.
const nobody = 65_534
const isRoot = process.getuid!() === 0

test('without root a namespace of the operator is refused, and how to start the server is said', async t => {
  const words = ['--network', 'netns', '--vpc-namespace', 'vpc-0123456789abcdef0=office']
  const postern = new Postern({ words, ...(isRoot ? { userId: nobody } : {}) }, await freePorts())
  if (isRoot) chmodSync(postern.folder, 0o777)
  t.after(() => postern[Symbol.asyncDispose]())

  await assert.rejects(
    postern.start(),
    /only root may enter namespaces that he has made. Start "postern serve" as root/,
  )
})

// Only root has namespaces that the server of another user may be led to.
if (isRoot) test('a namespace of the operator', tryOwnNamespace)

async function tryOwnNamespace(t: TestContext): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const configuration = join(folder, 'postern.toml')
  writeFileSync(configuration, '')
  const started = await NetnsPostern.start('started by root', ['--config', configuration])
  t.after(() => started[Symbol.asyncDispose]())
  const { postern } = started
  const administrator = await postern.administrator()
  const { ec2 } = postern.clients(administrator)
  const { vpcId, groupId, endpointId } = await makePrivateNetwork(postern, ec2)
  const door = new URL((await postern.environment('--endpoint', endpointId))['AWS_ENDPOINT_URL_KMS']!).hostname
  const [office, branch] = [`po${process.pid}o`, `po${process.pid}b`]
  await makeOffice(started, office, branch)
  await postern.stop()
  writeFileSync(configuration, `vpc-namespace = ["${vpcId}=${office}"]\n`)
  await postern.start()
  const here = await started.attach(vpcId, `po${process.pid}-a`, [groupId], '10.0.1.20')
  const there = await started.attach(vpcId, `po${process.pid}-c`, [groupId], '10.0.2.20')

  await t.test('serves the workloads of its VPC, and the namespace that Postern had made is gone', async () => {
    assert.equal(await started.listKeys(here.namespace, administrator), 'served')
    assert.ok(!(await started.names()).includes(started.namespaceOf(1)))
  })

  await t.test('passes on nothing between workloads, nor between them and the operator’s links', async () => {
    // Not "silence": there would be somebody to answer, were it passed on.
    const tried = (from: string, to: string): Promise<string> => reach(started, from, to)

    assert.equal(await tried(here.namespace, there.address), 'silence')
    await started.must('ip', '-n', here.namespace, 'route', 'add', '192.168.77.0/24', 'via', '10.0.1.1')
    assert.equal(await tried(here.namespace, '192.168.77.2'), 'silence')
    assert.equal(await tried(branch, here.address), 'silence')
    // Nor to what listens in the namespace itself.
    assert.equal(await tried(here.namespace, '192.168.77.1'), 'silence')
  })

  await t.test('lets in who comes over the operator’s link where he is admitted and a rule has him', async () => {
    const ask = (): Promise<string> => started.listKeys(branch, administrator, { address: door })
    const before = await ask()
    const admitted = await postern.postern('network', 'admit', '--vpc', vpcId, '--cidr', '192.168.77.0/24')
    const withoutRule = await ask()
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [admitHttps('192.168.77.0/24')] }),
    )

    assert.equal(admitted.status, 0, admitted.error)
    assert.deepEqual([before, withoutRule, await ask()], ['TimeoutError', 'TimeoutError', 'served'])
  })

  await t.test('is no workload of its own VPC', async () => {
    const { status, error } = await postern.postern('network', 'attach', '--vpc', vpcId, '--netns', office)

    assert.equal(status, 2)
    assert.match(error, /is that of vpc-\w+ itself: attach another one/)
    assert.ok(!(await started.must('ip', '-n', office, '-br', 'link')).includes('vpc0'))
    assert.equal(await started.listKeys(here.namespace, administrator), 'served')
  })

  await t.test('has its rules again where the operator loads his own in the place of all', async () => {
    await started.must('ip', 'netns', 'exec', office, 'sh', '-c', 'nft flush ruleset && nft add table ip office')
    const deadline = Date.now() + 30_000
    const tables = (): Promise<string> => started.must('ip', 'netns', 'exec', office, 'nft', 'list', 'tables')
    while (!(await tables()).includes('table bridge postern') && Date.now() < deadline) await delay(200)

    assert.deepEqual((await tables()).trim().split('\n'), [
      'table ip office',
      'table inet postern',
      'table bridge postern',
    ])
    assert.equal(await reach(started, here.namespace, there.address), 'silence')
    assert.equal(await started.listKeys(here.namespace, administrator), 'served')
  })

  await t.test('goes on as it was for all else: its other addresses answer, and its rules stay', async () => {
    assert.equal(await reach(started, branch, '192.168.77.1'), 'ECONNREFUSED')
    await postern.stop()
    const { status, error } = await postern.postern('network', 'clean', '--yes')
    const [links, rules] = await Promise.all([
      started.must('ip', '-n', office, '-br', 'link'),
      started.must('ip', 'netns', 'exec', office, 'nft', 'list', 'tables'),
    ])

    assert.equal(status, 0, error)
    assert.deepEqual(
      links.split('\n').flatMap(line => /^\w+/.exec(line)?.[0] ?? []),
      ['lo', 'branch0'],
    )
    assert.equal(rules.trim(), 'table ip office')
  })
}

/** A namespace that passes packets on, as where Docker runs, and another one that is linked to it. */
async function makeOffice(started: NetnsPostern, office: string, branch: string): Promise<void> {
  for (const name of [office, branch]) {
    await started.makeNamespace(name)
    await started.must('ip', '-n', name, 'link', 'set', 'lo', 'up')
  }
  await started.must('ip', 'netns', 'exec', office, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  await started.must('ip', 'netns', 'exec', office, 'nft', 'add table ip office')
  await started.must('ip', '-n', office, 'link', 'add', 'branch0', 'type', 'veth', 'peer', 'office0', 'netns', branch)
  for (const [name, link, address] of [
    [office, 'branch0', '192.168.77.1/24'],
    [branch, 'office0', '192.168.77.2/24'],
  ] as const) {
    await started.must('ip', '-n', name, 'addr', 'add', address, 'dev', link)
    await started.must('ip', '-n', name, 'link', 'set', link, 'up')
  }
  await started.must('ip', '-n', branch, 'route', 'add', '10.0.0.0/16', 'via', '192.168.77.1')
}

/** What a port that nobody listens at says: "ECONNREFUSED" where one gets there. */
function reach(started: NetnsPostern, namespace: string, address: string): Promise<string> {
  const program = `
    const socket = require('node:net').connect({ host: '${address}', port: 8000 })
    const tell = word => { process.stdout.write(word); process.exit() }
    setTimeout(() => tell('silence'), 1000)
    socket.on('connect', () => tell('connected')).on('error', error => tell(error.code))`
  return started.must('ip', 'netns', 'exec', namespace, process.execPath, '--eval', program)
}
