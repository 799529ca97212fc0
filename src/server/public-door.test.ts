import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { publicCertificateNames, publicPath } from './public-door.ts'

const machine = Object.values(networkInterfaces()).flatMap(each => (each ?? []).map(({ address }) => address))

for (const host of ['0.0.0.0', '::']) {
  test(`publicCertificateNames() names the machine's permitted addresses where the door listens on ${host}`, () => {
    const seen: string[] = []
    const permits = (address: string): boolean => {
      seen.push(address)
      return address !== machine.at(-1)
    }

    const { addresses, dnsNames } = publicCertificateNames(
      { api: { host, port: 8443 }, regions: ['us-west-2'] },
      permits,
    )

    assert.deepEqual(seen, machine)
    assert.deepEqual(new Set(addresses), new Set(['127.0.0.1', '::1', ...machine.slice(0, -1)]))
    assert.ok(dnsNames.includes('localhost'))
  })
}

test('publicCertificateNames() names one address where the door listens on one', () => {
  const { addresses } = publicCertificateNames(
    { api: { host: '10.0.0.9', port: 8443 }, regions: ['us-west-2'] },
    () => true,
  )

  assert.deepEqual(addresses, ['127.0.0.1', '::1', '10.0.0.9'])
})

test('publicPath() has the address of an IPv4 client of a socket that listens on all addresses', () => {
  assert.deepEqual(publicPath('::ffff:192.0.2.7'), {
    kind: 'public',
    clientAddress: '192.0.2.7',
    secureTransport: true,
  })
})
