import assert from 'node:assert/strict'
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { unwrapMaterial } from '../../src/crypto/index.ts'
import type { WrappingAlgorithm } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair } from './key-pairs.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const wrappingKey = await makePair('RSA_2048', work)
const material = randomBytes(1_217)

const wrapRsa = (bytes: Buffer, oaepHash: string, padding = constants.RSA_PKCS1_OAEP_PADDING): Buffer =>
  publicEncrypt({ key: wrappingKey.publicKey, padding, oaepHash }, bytes)

function wrapAes(key: Buffer, bytes: Buffer): Buffer {
  const name = { 16: 'id-aes128-wrap-pad', 32: 'id-aes256-wrap-pad' }[key.length]!
  const encryption = createCipheriv(name, key, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([encryption.update(bytes), encryption.final()])
}

async function unwrap(algorithm: WrappingAlgorithm, wrapped: Buffer): Promise<Buffer | undefined> {
  return (await unwrapMaterial(wrappingKey, algorithm, wrapped, work))?.exposeBytes()
}

for (const hash of ['sha1', 'sha256']) {
  const suffix = hash === 'sha1' ? 'SHA_1' : 'SHA_256'
  const direct = `RSAES_OAEP_${suffix}` as WrappingAlgorithm
  const twofold = `RSA_AES_KEY_WRAP_${suffix}` as WrappingAlgorithm
  const otherHash = hash === 'sha1' ? 'sha256' : 'sha1'

  test(`unwrapMaterial() opens what ${direct} wrapped`, async () => {
    const key = randomBytes(32)

    assert.deepEqual(await unwrap(direct, wrapRsa(key, hash)), key)
  })

  test(`unwrapMaterial() opens what ${twofold} wrapped`, async () => {
    const key = randomBytes(32)

    assert.deepEqual(await unwrap(twofold, Buffer.concat([wrapRsa(key, hash), wrapAes(key, material)])), material)
  })

  test(`[F57] unwrapMaterial() gives nothing for what is not wrapped by ${direct}`, async () => {
    const key = randomBytes(32)
    const wrapped = wrapRsa(key, hash)

    assert.equal(await unwrap(direct, wrapRsa(key, otherHash)), undefined, 'the other hash')
    assert.equal(await unwrap(direct, wrapRsa(key, hash, constants.RSA_PKCS1_PADDING)), undefined, 'PKCS#1 v1.5')
    assert.equal(await unwrap(direct, wrapped.subarray(1)), undefined, 'a byte less')
    assert.equal(await unwrap(direct, Buffer.concat([wrapped, Buffer.alloc(1)])), undefined, 'a byte more')
    assert.equal(await unwrap(direct, Buffer.alloc(256, 0xff)), undefined, 'above the modulus')
    assert.equal(await unwrap(direct, Buffer.alloc(0)), undefined, 'nothing')
  })

  test(`[F57] unwrapMaterial() gives nothing for what is not wrapped by ${twofold}`, async () => {
    const key = randomBytes(32)
    const [head, body] = [wrapRsa(key, hash), wrapAes(key, material)]
    const altered = Buffer.from(body)
    altered[20]! ^= 1
    const short = randomBytes(16)

    assert.equal(await unwrap(twofold, Buffer.concat([wrapRsa(key, otherHash), body])), undefined, 'the other hash')
    assert.equal(await unwrap(twofold, Buffer.concat([head, altered])), undefined, 'an altered body')
    assert.equal(await unwrap(twofold, Buffer.concat([head, body.subarray(0, -8)])), undefined, 'a block less')
    assert.equal(await unwrap(twofold, Buffer.concat([head, body.subarray(0, -1)])), undefined, 'a byte less')
    assert.equal(await unwrap(twofold, head), undefined, 'no body')
    assert.equal(await unwrap(twofold, head.subarray(3)), undefined, 'not even a head')
    assert.equal(
      await unwrap(twofold, Buffer.concat([wrapRsa(short, hash), wrapAes(short, material)])),
      undefined,
      'AES-128',
    )
    assert.equal(await unwrap(twofold, wrapRsa(key, hash)), undefined, 'wrapped once')
  })
}
