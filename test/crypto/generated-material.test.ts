import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { after, test } from 'node:test'
import { systemRandom } from '../../src/base/index.ts'
import { generateMaterial, keySpecs, parseImportedMaterial, publicKeyDer } from '../../src/crypto/index.ts'
import type { KeySpec } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { openPair } from './key-pairs.ts'
import { spkiBytes } from './spki-bytes.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const generate = async (keySpec: KeySpec): Promise<Buffer> =>
  (await generateMaterial(keySpec, { random: systemRandom, work })).exposeBytes()

/** One key of each spec: those of RSA take seconds. */
const made = new Map<KeySpec, Promise<Buffer>>()
function generateOnce(keySpec: KeySpec): Promise<Buffer> {
  const one = made.get(keySpec) ?? generate(keySpec)
  made.set(keySpec, one)
  return one
}

for (const [keySpec, length] of Object.entries(spkiBytes) as [KeySpec, number][]) {
  test(`generateMaterial() gives a PKCS#8 of ${keySpec} whose public key is ${length} bytes`, async () => {
    const pkcs8 = await generateOnce(keySpec)

    assert.equal(publicKeyDer(openPair(keySpec, pkcs8)).length, length)
  })
}

for (const { name, family } of Object.values(keySpecs)) {
  if (family !== 'rsa' && family !== 'curve' && family !== 'edwards') continue

  test(`OpenSSL's command line finds the keys of ${name} sound, and reads their public key`, async () => {
    const pkcs8 = await generateOnce(name)
    const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { input: pkcs8 })

    const check = family === 'edwards' ? [] : ['-check']
    openssl('pkey', '-inform', 'DER', '-noout', ...check)
    const publicKey = openssl('pkey', '-inform', 'DER', '-pubout', '-outform', 'DER')

    assert.deepEqual(publicKey, publicKeyDer(openPair(name, pkcs8)))
  })
}

test('generateMaterial() gives keys that an import would take', async () => {
  for (const keySpec of ['RSA_2048', 'ECC_NIST_P384', 'HMAC_224', 'SYMMETRIC_DEFAULT'] as const) {
    const made = await generateMaterial(keySpec, { random: systemRandom, work })

    assert.deepEqual((await parseImportedMaterial(keySpec, made, work))?.exposeBytes(), made.exposeBytes(), keySpec)
  }
})

test('generateMaterial() gives no key twice', async () => {
  for (const keySpec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'ML_KEM_512', 'HMAC_256'] as const) {
    assert.notDeepEqual(await generate(keySpec), await generateOnce(keySpec), keySpec)
  }
})

test('generateMaterial() gives RSA keys with the exponent 65,537', async () => {
  assert.equal(createPrivateKeyOf(await generateOnce('RSA_2048')).asymmetricKeyDetails?.publicExponent, 65_537n)
})

test('generateMaterial() gives the seed of ML-DSA and ML-KEM keys and nothing else', async () => {
  // A PKCS#8 around 32 or 64 bytes (RFC 9881 and RFC 9935, section 6).
  assert.equal((await generate('ML_DSA_87')).length, 54)
  assert.equal((await generate('ML_KEM_1024')).length, 86)
})

function createPrivateKeyOf(pkcs8: Buffer): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}

// Small buffers lie in one pool, where what is not wiped stays for as long as the pool does.
test('generateMaterial() leaves no copy of a seed in the pool of buffers', async () => {
  let small = Buffer.from('small')
  // At the beginning of a new pool: there is room for all that follows.
  while (small.byteOffset > 0) small = Buffer.from('small')
  const pool = Buffer.from(small.buffer)

  const material = await generate('ML_KEM_512')

  // The seed is what ends the key.
  const seed = Buffer.alloc(64, material.subarray(-64))
  material.fill(0)
  assert.equal(Buffer.from('another one').buffer, pool.buffer)
  assert.equal(pool.includes(seed), false)
})
