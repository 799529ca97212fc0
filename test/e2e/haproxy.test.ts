// HAProxy, Debian's package, in front: in TCP mode, with PROXY protocol v2 and its health checks.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AuthorizeSecurityGroupIngressCommand,
  DeleteVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
} from '@aws-sdk/client-ec2'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { admitHttps } from '../private-network.ts'
import { recordOf, startProxiedPostern } from '../proxied-postern.ts'
import { proxyHeader } from '../proxy-header.ts'
import { Sender, lookupHere } from '../proxy-sender.ts'
import { freePort } from '../../src/cli/demo/free-port.ts'
import { refused, unreachable } from './refused.ts'

if (spawnSync('haproxy', ['-v']).status !== 0) {
  throw new Error('These tests put HAProxy in front, which is not installed here: "apt-get install haproxy" brings it')
}

const proxied = await startProxiedPostern()
const { postern, administrator, ec2, one, other, ports } = proxied
const folder = mkdtempSync(join(tmpdir(), 'postern-haproxy-'))
const front = {
  one: await freePort(),
  other: await freePort(),
  strange: await freePort(),
  statistics: await freePort(),
}

// An edge in front says who the client is, as with two load balancers in a row. A client that HAProxy sees itself is 127.0.0.1, which is no
// address of any network: it is made one of a peered network.
writeFileSync(
  join(folder, 'haproxy.cfg'),
  `
global
  log stderr format raw local0
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend one
  bind 127.0.0.1:${front.one} accept-proxy
  default_backend one
backend one
  server postern 127.0.0.1:${ports.one} send-proxy-v2 proxy-v2-options crc32c check check-send-proxy inter 200ms
frontend other
  bind 127.0.0.1:${front.other} accept-proxy
  default_backend other
backend other
  server postern 127.0.0.1:${ports.other} send-proxy-v2 check check-send-proxy inter 200ms
frontend strange
  bind 127.0.0.1:${front.strange}
  tcp-request connection set-src str(192.168.7.7)
  default_backend strange
backend strange
  server postern 127.0.0.1:${ports.one} send-proxy-v2
frontend statistics
  mode http
  bind 127.0.0.1:${front.statistics}
  stats enable
  stats uri /
`,
)
const haproxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'pipe'] })
let log = ''
haproxy.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')))
const resources = new AsyncDisposableStack()
after(async () => {
  await resources.disposeAsync()
  haproxy.kill()
  if (haproxy.exitCode === null) await once(haproxy, 'exit')
  rmSync(folder, { recursive: true })
  await proxied[Symbol.asyncDispose]()
})

/** What HAProxy's health check says of the server behind a backend: `UP`, `DOWN`. */
async function checked(backend: string): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${front.statistics}/;csv`).catch(() => undefined)
  const lines = ((await answer?.text()) ?? '').split('\n').map(line => line.split(','))
  const state = lines[0]?.indexOf('status') ?? -1
  return lines.find(([proxy, server]) => proxy === backend && server === 'postern')?.[state]
}

async function until(backend: string, state: RegExp): Promise<void> {
  let last: string | undefined
  for (let count = 0; count < 300; count++) {
    last = await checked(backend)
    if (last !== undefined && state.test(last)) return
    await delay(50)
  }
  throw new Error(`HAProxy says "${last}" of ${backend}: ${log}`)
}

/** Through the edge, which says who the client is, and through HAProxy. */
async function url(port: number, source: string): Promise<string> {
  const edge = resources.use(await Sender.start({ to: port, header: proxyHeader({ source }) }))
  return `https://kms.us-west-2.amazonaws.com:${edge.port}`
}

await until('one', /^UP/)
await until('other', /^UP/)

test('the AWS SDK comes through HAProxy to the endpoint of the listener, with its own address in the trail', async () => {
  for (const [port, network, source] of [
    [front.one, one, '10.0.1.50'],
    [front.other, other, '10.0.2.51'],
  ] as const) {
    const { kms } = postern.clients(administrator, { kmsUrl: await url(port, source), lookup: lookupHere })

    const { $metadata } = await kms.send(new ListKeysCommand({}))

    const record = recordOf(postern, $metadata.requestId!)
    assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [network.endpointId, source])
  }
})

test("the endpoint's policy decides about what comes through HAProxy, by the client's address", async () => {
  const allowed = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }
  const condition = { Condition: { IpAddress: { 'aws:VpcSourceIp': '10.0.1.50' } } }
  const PolicyDocument = JSON.stringify({ Statement: [{ ...allowed, ...condition }] })
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: one.endpointId, PolicyDocument }))

  const fitting = postern.clients(administrator, { kmsUrl: await url(front.one, '10.0.1.50'), lookup: lookupHere })
  const foreign = postern.clients(administrator, { kmsUrl: await url(front.one, '10.0.1.51'), lookup: lookupHere })

  await fitting.kms.send(new ListKeysCommand({}))
  await refused(foreign.kms.send(new ListKeysCommand({})), 'AccessDeniedException')
  await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId: one.endpointId, ResetPolicy: true }))
})

test('[E44] a client of HAProxy outside the VPC is closed, until its block is admitted and a rule lets it in', async () => {
  const reach = { kmsUrl: `https://kms.us-west-2.amazonaws.com:${front.strange}`, lookup: lookupHere }
  const ask = () => postern.clients(administrator, reach).kms.send(new ListKeysCommand({}))
  await unreachable(ask())

  const admitted = await postern.postern('network', 'admit', '--vpc', one.vpcId, '--cidr', '192.168.0.0/16')
  assert.equal(admitted.status, 0, admitted.error)
  await unreachable(ask())
  const rule = { GroupId: one.groupId, IpPermissions: [admitHttps('192.168.7.7/32')] }
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))

  const { $metadata } = await ask()
  const record = recordOf(postern, $metadata.requestId!)
  assert.deepEqual([record.vpcEndpointId, record.sourceIPAddress], [one.endpointId, '192.168.7.7'])
})

test("HAProxy's check finds the listener, and no more once the endpoint is deleted", async () => {
  assert.match((await checked('other')) ?? '', /^UP/)

  await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [other.endpointId] }))

  await until('other', /^DOWN/)
  assert.match((await checked('one')) ?? '', /^UP/)
  const metrics = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()
  const faults = metrics.split('\n').filter(line => line.startsWith('postern_refused_proxy_connections_total{'))
  assert.deepEqual(faults, [], 'health checks are no faults')
})
