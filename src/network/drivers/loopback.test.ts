import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { VpcValue } from '../model/records.ts'
import type { DoorSite } from './driver.ts'
import { loopbackDriver } from './loopback.ts'

const vpc: VpcValue = {
  account: '111122223333',
  region: 'us-west-2',
  tags: [],
  vpcId: 'vpc-1',
  cidr: '10.0.0.0/16',
  window: 77,
  enableDnsSupport: true,
  enableDnsHostnames: true,
}

test('bindUdp() keeps no descriptor of a socket whose address is taken', async () => {
  const taker = createSocket('udp4')
  taker.bind(0, '127.77.0.2')
  await once(taker, 'listening')
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  const before = descriptors()

  for (let count = 0; count < 5; count++) {
    await assert.rejects(loopbackDriver.bindUdp(vpc, '10.0.0.2', taker.address().port), { code: 'EADDRINUSE' })
  }
  await new Promise(setImmediate)

  assert.equal(descriptors(), before)
  taker.close()
})

test('the loopback driver opens no door at an IPv6 address, and calls it by itself', async () => {
  const address = 'fd70:6f73:7400::9'
  const server = createServer()

  assert.equal(loopbackDriver.servedAddress(vpc, address), address)
  await assert.rejects(loopbackDriver.openDoor(server, { vpc, address } as DoorSite, 0), /serves no IPv6/)
  assert.equal(server.listening, false)
})
