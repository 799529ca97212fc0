// Which door of an endpoint a connection gets that a load balancer's own address is the destination of.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProxyDriver } from '../../src/network/index.ts'
import { proxyHeader } from '../proxy-header.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpc = {
  ...owned,
  vpcId: 'vpc-0',
  cidr: '10.0.0.0/16',
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: false,
}
const interfaceOf = (number: number) => ({
  interfaceId: `eni-${number}`,
  subnetId: `subnet-${number}`,
  zone: 'us-west-2a',
  address: `10.0.${number}.57`,
  ipv6Address: `fd00:${number}::57`,
})
const interfaces = [interfaceOf(1), interfaceOf(2)]
const endpoint = {
  ...owned,
  endpointId: 'vpce-0',
  vpcId: 'vpc-0',
  service: 'kms',
  serviceName: 'com.amazonaws.us-west-2.kms',
  state: 'available',
  interfaces,
  groupIds: [],
  policy: '',
  privateDnsEnabled: false,
  dnsLabel: 'abcdefgh',
  privateZoneId: 'Z0',
  createdAt: 0,
} as const
const view = {
  vpc,
  endpoints: [endpoint],
  groups: new Map(),
  subnets: new Map(),
  ipv6Subnets: [],
  borders: [],
  clients: { vpcId: 'vpc-0', admittedBlocks: [], workloads: [] },
}
const addresses = interfaces.flatMap(({ address, ipv6Address }) => [address, ipv6Address])

/** The address of the door that a client gets where doors have been opened in an order. */
async function doorOf(source: string, destination: string, openedInOrder: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-doors-'))
  const settings = {
    listeners: [{ host: '127.0.0.1', port: 0, endpointId: 'vpce-0' }],
    peers: [{ block: '127.0.0.1/32', endpointIds: undefined }],
    endpointIds: new Map(),
  }
  const nothing = (): void => undefined
  await using driver = new ProxyDriver({ settings, folder, guard: nothing, refused: nothing, report: nothing })
  await driver.settle([view])
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true }))
  const { promise, resolve } = Promise.withResolvers<string>()
  let port = 0
  for (const address of openedInOrder) {
    const server = stack.use(createServer())
    server.prependListener('connection', socket => {
      resolve(address)
      socket.destroy()
    })
    const site = {
      vpc,
      endpoint,
      interface: interfaces.find(one => address === one.address) ?? interfaces[1]!,
      address,
    }
    port = await driver.openDoor(server, site)
  }
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', nothing)
  await once(socket, 'connect')
  socket.end(proxyHeader({ source, destination }))
  return await promise
}

for (const [what, source, destination, opened, expected] of [
  ['the first one of IPv4', '10.0.9.1', '192.0.2.7', addresses, '10.0.1.57'],
  [
    'the first one of IPv4, though another was opened before',
    '10.0.9.1',
    '192.0.2.7',
    addresses.toReversed(),
    '10.0.1.57',
  ],
  ['the first one of IPv6', 'fd00:9::1', '2001:db8::7', addresses.toReversed(), 'fd00:1::57'],
  ['the second one while the first is not open', '10.0.9.1', '192.0.2.7', addresses.slice(1), '10.0.2.57'],
  [
    'one of the other family where its own has none',
    'fd00:9::1',
    '2001:db8::7',
    ['10.0.2.57', '10.0.1.57'],
    '10.0.1.57',
  ],
  ['the one that it asked for', '10.0.9.1', '10.0.2.57', addresses, '10.0.2.57'],
] as const) {
  test(`behind a proxy a client from ${source} to ${destination} gets ${what}`, async () => {
    assert.equal(await doorOf(source, destination, opened), expected)
  })
}
