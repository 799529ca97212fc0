import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointOf, findPeer } from './proxy-settings.ts'
import type { ProxyListenerSettings, ProxySettings } from './proxy-settings.ts'

const [a, b] = ['vpce-0000000000000000a', 'vpce-0000000000000000b']
const settings: ProxySettings = {
  listeners: [],
  peers: [
    { block: '10.0.0.0/8', endpointIds: undefined },
    { block: '10.0.0.5/32', endpointIds: new Set([a]) },
    { block: '2001:db8::/64', endpointIds: undefined },
  ],
  endpointIds: new Map([['vpce-01234567', a]]),
}
const anyEndpoint: ProxyListenerSettings = { host: '127.0.0.1', port: 1, endpointId: undefined }
const [wide, narrow] = settings.peers

test('findPeer() takes the smallest block that holds an address: who is limited there is not free by a larger one', () => {
  assert.equal(findPeer(settings, '10.0.0.5'), narrow)
  assert.equal(findPeer(settings, '::ffff:10.0.0.5'), narrow)
  assert.equal(findPeer(settings, '10.0.0.6'), wide)
  assert.equal(findPeer(settings, '2001:db8::6')?.block, '2001:db8::/64')
})

test('[E45] findPeer() knows nobody else', () => {
  for (const address of ['11.0.0.5', '127.0.0.1', '2001:db8:0:1::1', '::1', '', 'localhost']) {
    assert.equal(findPeer(settings, address), undefined)
  }
})

test('endpointOf() takes the id of the listener or of the header, and nothing where they differ', () => {
  const of = (inListener: string | undefined, endpointId: string | undefined, peer = wide!) =>
    endpointOf(settings, { peer, listener: { ...anyEndpoint, endpointId: inListener }, endpointId })

  assert.deepEqual([of(a, undefined), of(undefined, a), of(undefined, 'vpce-01234567'), of(a, a)], [a, a, a, a])
  assert.deepEqual([of(undefined, undefined), of(a, b), of(b, 'vpce-01234567')], [undefined, undefined, undefined])
  assert.deepEqual(
    [of(b, undefined, narrow), of(undefined, b, narrow), of(a, undefined, narrow)],
    [undefined, undefined, a],
  )
})
