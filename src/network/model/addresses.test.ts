import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../base/index.ts'
import { chooseAddress, chooseIpv6Address, loopbackTwinOf } from './addresses.ts'

const subnet = (cidr: string, usedAddresses: readonly string[] = []) => ({ cidr, usedAddresses })

test('loopbackTwinOf() finds the used address of another block that ends in the same two numbers', () => {
  const subnets = [subnet('10.0.3.0/24', ['10.0.3.7', 'fd00::307']), subnet('10.1.3.0/24', ['10.1.3.9'])]

  assert.equal(loopbackTwinOf('10.1.3.7', subnets), '10.0.3.7')
  assert.equal(loopbackTwinOf('10.0.3.9', subnets), '10.1.3.9')
  assert.equal(loopbackTwinOf('10.1.3.8', subnets), undefined)
  // What is in use already is another fault.
  assert.equal(loopbackTwinOf('10.0.3.7', subnets), undefined)
})

test('chooseAddress() gives no address that has a twin, until there is none left', () => {
  const random = seededRandom(3)
  // Of the eleven hosts of a /28, the neighbour has all but two.
  const neighbour = subnet(
    '10.0.3.0/28',
    Array.from({ length: 9 }, (_, index) => `10.0.3.${index + 4}`),
  )

  const first = chooseAddress(subnet('10.1.3.0/28'), [neighbour], random)!
  const second = chooseAddress(subnet('10.1.3.0/28', [first]), [neighbour], random)!
  const third = chooseAddress(subnet('10.1.3.0/28', [first, second]), [neighbour], random)

  assert.deepEqual([first, second].sort(), ['10.1.3.13', '10.1.3.14'])
  assert.equal(third, undefined)
})

test('chooseIpv6Address() gives none where the subnet has no IPv6 block', () => {
  const random = seededRandom(4)
  const ipv6Association = { associationId: 'subnet-cidr-assoc-1', cidr: 'fd00::/64' }

  assert.equal(chooseIpv6Address({ usedAddresses: [] }, random), undefined)
  assert.match(chooseIpv6Address({ usedAddresses: [], ipv6Association }, random)!, /^fd00::/)
})
