import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NetworkPath } from '../base/index.ts'
import { hostNames } from './host-names.ts'

const publicSide: NetworkPath = { kind: 'public', clientAddress: '192.0.2.7', secureTransport: true }

test('accepts() takes the address that the connection came to, however the socket writes it', () => {
  const hosts = hostNames({ regions: ['us-west-2'], publicHost: '::' })

  for (const [host, localAddress] of [
    ['192.0.2.2', '192.0.2.2'],
    ['192.0.2.2:8443', '::ffff:192.0.2.2'],
    ['[2001:db8::2]:8443', '2001:db8::2'],
    ['[2001:DB8::2]', '2001:db8::2'],
  ] as const) {
    assert.equal(hosts.accepts(host, publicSide, localAddress), true, host)
  }
})

test('accepts() takes no other address, and no name that is not ours', () => {
  const hosts = hostNames({ regions: ['us-west-2'], publicHost: '::' })

  for (const host of [
    '192.0.2.3',
    '[2001:db8::2]',
    'rebound.example',
    '::ffff:192.0.2.2.example',
    'kms.eu-west-1.amazonaws.com',
  ]) {
    assert.equal(hosts.accepts(host, publicSide, '::ffff:192.0.2.2'), false, host)
  }
})
