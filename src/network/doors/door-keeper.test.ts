import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { SecretBytes, seededRandom, systemClock } from '../../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../seal/index.ts'
import { openMemoryStore, put } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import { openCertificateAuthority } from '../certificates/certificate-authority.ts'
import { CertificateRenewal } from '../certificates/certificate-renewal.ts'
import type { NetworkDriver } from '../drivers/driver.ts'
import { loopbackDriver } from '../drivers/loopback.ts'
import { openNetwork } from '../model/network.ts'
import { endpointCollection, vpcCollection } from '../model/records.ts'
import type { EndpointInterface, EndpointValue, VpcValue } from '../model/records.ts'
import { DoorKeeper } from './door-keeper.ts'
import { NetworkView } from './network-view.ts'

const random = seededRandom(20_261_125)
const root = rootKeyOf(new SecretBytes(random(32)))
const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpcId = 'vpc-0'
// A window that no server which is started takes first.
const vpc: VpcValue = {
  ...owned,
  vpcId,
  cidr: '10.0.0.0/16',
  window: 231,
  enableDnsSupport: true,
  enableDnsHostnames: true,
}
const interfaceOf = (number: number): EndpointInterface => ({
  interfaceId: `eni-${number}`,
  subnetId: `subnet-${number}`,
  zone: 'us-west-2a',
  address: `10.0.${number}.57`,
})
const [first, second] = [interfaceOf(1), interfaceOf(2)]
const endpoint: EndpointValue = {
  ...owned,
  endpointId: 'vpce-0',
  vpcId,
  service: 'kms',
  serviceName: 'com.amazonaws.us-west-2.kms',
  state: 'pending',
  interfaces: [first],
  groupIds: [],
  policy: '',
  privateDnsEnabled: false,
  dnsLabel: 'abcdefgh',
  privateZoneId: 'Z0',
  createdAt: 0,
}

/** A keeper of the doors of that endpoint, on a store of its own. */
async function openKeeper(driver: NetworkDriver) {
  const store = await openMemoryStore()
  await store.commit({
    writes: [put(vpcCollection, vpcId, vpc, 'absent'), put(endpointCollection, 'vpce-0', endpoint, 'absent')],
  })
  const network = openNetwork({ store })
  const view = await NetworkView.open(store, network)
  const keyRing = openKeyRing(root, createKeyRing(root, random), random)
  const publicHost = '127.0.0.1'
  const authority = await openCertificateAuthority({
    store,
    keyRing,
    clock: systemClock,
    random,
    publicHost,
    regions: ['us-west-2'],
  })
  const report = (): void => undefined
  const renewal = new CertificateRenewal({ authority, clock: systemClock, apply: () => undefined, report })
  const serve = (certificate: object) => createServer(certificate)
  const keeper = await DoorKeeper.open({ store, network, view, driver, authority, renewal, port: 0, serve, report })
  return { store, keeper, renewal }
}

/** The keeper may write the endpoint at the same time, which is no conflict here: it looks at it again. */
async function setInterfaces(store: Store, interfaces: readonly EndpointInterface[]): Promise<void> {
  const found = (await store.get(endpointCollection, 'vpce-0'))!
  await store.commit({ writes: [put(endpointCollection, 'vpce-0', { ...found.value, interfaces }, 'any')] })
}

test('isOpen() is false for an interface whose door is still being opened', async () => {
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const driver: NetworkDriver = {
    ...loopbackDriver,
    async openDoor(server, site, port) {
      if (site.interface.interfaceId === second.interfaceId) {
        reached.resolve()
        await gate.promise
      }
      return loopbackDriver.openDoor(server, site, port)
    },
  }
  const { store, keeper, renewal } = await openKeeper(driver)

  await setInterfaces(store, [first, second])
  await reached.promise
  const during = [keeper.isOpen(first), keeper.isOpen(second)]
  gate.resolve()
  while (!keeper.isOpen(second)) await new Promise(setImmediate)
  const afterwards = [keeper.isOpen(first), keeper.isOpen(second)]
  await keeper[Symbol.asyncDispose]()
  renewal[Symbol.dispose]()

  assert.deepEqual(during, [true, false])
  assert.deepEqual(afterwards, [true, true])
})

test('isOpen() is false for an interface whose door is open at one of its two addresses', async () => {
  const { store, keeper, renewal } = await openKeeper(loopbackDriver)

  await setInterfaces(store, [{ ...first, ipv6Address: 'fd00::57' }])
  const both = keeper.isOpen({ ...first, ipv6Address: 'fd00::57' })
  await keeper[Symbol.asyncDispose]()
  renewal[Symbol.dispose]()

  assert.equal(both, false)
})

test('an endpoint of which one door cannot be opened goes on, and tells why until it is open', async () => {
  let fault: string | undefined = 'No such address'
  const driver: NetworkDriver = {
    ...loopbackDriver,
    openDoor(server, site, port) {
      const isRefused = fault !== undefined && site.interface.interfaceId === second.interfaceId
      return isRefused ? Promise.reject(new Error(fault)) : loopbackDriver.openDoor(server, site, port)
    },
  }
  const { store, keeper, renewal } = await openKeeper(driver)
  const untilItTells = async (reason: string | undefined): Promise<EndpointValue> => {
    for (;;) {
      const { value } = (await store.get(endpointCollection, 'vpce-0'))!
      if (value.state === 'available' && value.lastError?.message === reason) return value
      await new Promise(setImmediate)
    }
  }
  await untilItTells(undefined)

  await setInterfaces(store, [first, second])
  const failing = await untilItTells(fault)
  fault = undefined
  await setInterfaces(store, [first, second])
  await untilItTells(undefined)
  await keeper[Symbol.asyncDispose]()
  renewal[Symbol.dispose]()

  assert.deepEqual(failing.lastError, { code: 'DoorNotOpened', message: 'No such address' })
})
