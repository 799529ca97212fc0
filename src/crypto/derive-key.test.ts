import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { deriveKey, runCounterMode } from './derive-key.ts'

const keyOf = (hex: string): ReturnType<typeof createSecretKey> => createSecretKey(Buffer.from(hex, 'hex'))

// NIST CAVP, KDF in counter mode: PRF HMAC_SHA256, counter of 32 bits before the fixed input.
const cavp = [
  {
    count: 0,
    key: 'dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0',
    fixedInput:
      '01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac',
    derived: '10621342bfb0fd40046c0e29f2cfdbf0',
  },
  {
    count: 10,
    key: 'e204d6d466aad507ffaf6d6dab0a5b26152c9e21e764370464e360c8fbc765c6',
    fixedInput:
      '7b03b98d9f94b899e591f3ef264b71b193fba7043c7e953cde23bc5384bc1a6293580115fae3495fd845dadbd02bd6455cf48d0f62b33e62364a3a80',
    derived: '770dfab6a6a4a4bee0257ff335213f78d8287b4fd537d5c1fffa956910e7c779',
  },
  {
    count: 30,
    key: 'c4bedbddb66493e7c7259a3bbbc25f8c7e0ca7fe284d92d431d9cd99a0d214ac',
    fixedInput:
      '1c69c54766791e315c2cc5c47ecd3ffab87d0d273dd920e70955814c220eacace6a5946542da3dfe24ff626b4897898cafb7db83bdff3c14fa46fd4b',
    derived: '1da47638d6c9c4d04d74d4640bbd42ab814d9e8cc22f4326695239f96b0693f12d0dd1152cf44430',
  },
] as const

for (const { count, key, fixedInput, derived } of cavp) {
  test(`runCounterMode() gives the answer of NIST's vector ${count}`, () => {
    const input = Buffer.concat([Buffer.alloc(4), Buffer.from(fixedInput, 'hex')])

    const bytes = runCounterMode(keyOf(key), input, derived.length / 2)

    assert.equal(bytes.toString('hex'), derived)
  })
}

// `openssl kdf -keylen 64 -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt mode:COUNTER -kdfopt hexkey:0001… \
//   -kdfopt salt:'postern ciphertext 1' -kdfopt hexinfo:f0f1… KBKDF` of OpenSSL 3.0.19
test('deriveKey() builds the fixed input as OpenSSL does', () => {
  const key = keyOf('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
  const nonce = Buffer.from('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', 'hex')

  const derived = deriveKey(key, 'postern ciphertext 1', nonce, 64)

  assert.equal(
    derived.toString('hex'),
    '4e708f781035ca4b38352dec9a07630d430db012a3eed41b0e435b1c272eaa34' +
      '14cf58fa9957e748c9bf0d0002bdb58850dfa20528' +
      '5b8abe6c79f67e4a43d074',
  )
})

test('deriveKey() gives unrelated bytes for another label, context or length', () => {
  const key = keyOf('00'.repeat(32))
  const context = Buffer.alloc(16, 1)

  const derived = [
    deriveKey(key, 'one', context, 32),
    deriveKey(key, 'two', context, 32),
    deriveKey(key, 'one', Buffer.alloc(16, 2), 32),
    deriveKey(key, 'one', context, 64).subarray(0, 32),
  ]

  assert.equal(new Set(derived.map(bytes => bytes.toString('hex'))).size, derived.length)
})
