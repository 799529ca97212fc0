import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../base/index.ts'
import { clientBlocksOverlap, parseClientBlock } from './client-blocks.ts'

for (const [text, kept] of [
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['192.0.2.7/32', '192.0.2.7/32'],
  ['FD00:1234:0::/32', 'fd00:1234::/32'],
  ['fc00::/7', 'fc00::/7'],
  ['2001:db8::1/128', '2001:db8::1/128'],
] as const) {
  test(`parseClientBlock() keeps ${text} as ${kept}`, () => {
    assert.equal(parseClientBlock(text), kept)
  })
}

const refused = {
  'everybody, or nearly': ['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '192.0.0.0/7', '::/0', '2000::/3', 'fc00::/6'],
  'bits behind the prefix': ['10.0.0.1/8', '192.168.1.0/16', 'fd00::1/64', '2001:db8::8000:0:0:0/64'],
  'addresses that no client has': [
    '127.0.0.0/8',
    '127.0.0.1/32',
    '0.0.0.0/8',
    '169.254.0.0/16',
    '169.254.169.254/32',
    '224.0.0.0/8',
    '255.255.255.255/32',
    '::1/128',
    '::ffff:0:0/96',
    '::ffff:a00:0/104',
    'fe80::/10',
    'ff02::1/128',
  ],
  'no block': [
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.0/08/8',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    '0x0a.0.0.0/8',
    '10.0.0.0/-8',
    'fd00::/129',
    'fe80::1%eth0/128',
    '::ffff:10.0.0.0/104',
    'example.com/8',
  ],
}

for (const [what, texts] of Object.entries(refused)) {
  for (const text of texts) {
    test(`parseClientBlock() refuses ${JSON.stringify(text)}: ${what}`, () => {
      assert.throws(() => parseClientBlock(text), ConfigError)
    })
  }
}

test('parseClientBlock() says which block has bits behind its prefix', () => {
  assert.throws(() => parseClientBlock('192.168.1.0/16'), /the block is 192\.168\.0\.0\/16/)
  assert.throws(() => parseClientBlock('fd00:0:0:1::/48'), /the block is fd00::\/48/)
})

test('clientBlocksOverlap() is about blocks of one kind', () => {
  assert.equal(clientBlocksOverlap('10.0.0.0/8', '10.9.0.0/16'), true)
  assert.equal(clientBlocksOverlap('10.9.0.0/16', '10.0.0.0/8'), true)
  assert.equal(clientBlocksOverlap('10.8.0.0/16', '10.9.0.0/16'), false)
  assert.equal(clientBlocksOverlap('fd00::/8', 'fd12::/16'), true)
  assert.equal(clientBlocksOverlap('10.0.0.0/8', 'fd00::/8'), false)
})
