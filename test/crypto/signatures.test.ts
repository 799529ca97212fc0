import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { keySpecs, messageRule, sign, signingAlgorithms, verify } from '../../src/crypto/index.ts'
import type { MessageForm, SigningAlgorithm } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair } from './key-pairs.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const signers = Object.values(keySpecs).filter(row => row.algorithms.SIGN_VERIFY !== undefined)

function messageOf(algorithm: SigningAlgorithm, form: MessageForm): Buffer {
  const raw = Buffer.from('a message to be signed')
  if (form === 'RAW') return raw
  return form === 'DIGEST' ? createHash(signingAlgorithms[algorithm].hash).update(raw).digest() : randomBytes(64)
}

for (const { name: keySpec, algorithms } of signers) {
  test(`verify() takes what sign() made and nothing else, with ${keySpec}`, async () => {
    const material = await makePair(keySpec, work)

    for (const algorithm of algorithms.SIGN_VERIFY as readonly SigningAlgorithm[]) {
      for (const form of Object.keys(signingAlgorithms[algorithm].forms) as MessageForm[]) {
        const message = messageOf(algorithm, form)
        const signature = await sign(material, keySpec, { algorithm, message, form }, work)
        const isRight = (given: Buffer, of = message): Promise<boolean> =>
          verify(material, keySpec, { algorithm, message: of, form, signature: given }, work)
        const claim = `${algorithm} ${form}`
        const other = Buffer.from(message)
        other[0]! ^= 1
        const altered = Buffer.from(signature)
        altered[altered.length - 1]! ^= 1

        assert.equal(await isRight(signature), true, claim)
        assert.equal(await isRight(signature, other), false, `${claim}, another message`)
        assert.equal(await isRight(altered), false, `${claim}, an altered signature`)
        assert.equal(await isRight(signature.subarray(0, -1)), false, `${claim}, a byte less`)
        assert.equal(await isRight(Buffer.concat([signature, Buffer.alloc(1)])), false, `${claim}, a byte more`)
        assert.equal(await isRight(Buffer.alloc(0)), false, `${claim}, no signature`)
      }
    }
  })
}

test('[F54] sign() and verify() of a message and of its digest agree', async () => {
  for (const keySpec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const) {
    const material = await makePair(keySpec, work)
    for (const algorithm of keySpecs[keySpec].algorithms.SIGN_VERIFY as readonly SigningAlgorithm[]) {
      const raw = { algorithm, message: messageOf(algorithm, 'RAW'), form: 'RAW' } as const
      const digest = { algorithm, message: messageOf(algorithm, 'DIGEST'), form: 'DIGEST' } as const

      const ofRaw = await sign(material, keySpec, raw, work)
      const ofDigest = await sign(material, keySpec, digest, work)

      assert.equal(await verify(material, keySpec, { ...digest, signature: ofRaw }, work), true, algorithm)
      assert.equal(await verify(material, keySpec, { ...raw, signature: ofDigest }, work), true, algorithm)
    }
  }
})

test('[F54] messageRule() knows one length of digests per algorithm, and refuses forms that an algorithm does not take', () => {
  assert.deepEqual(messageRule('RSASSA_PSS_SHA_384', 'DIGEST'), { minBytes: 48, maxBytes: 48 })
  assert.deepEqual(messageRule('ECDSA_SHA_256', 'RAW'), { minBytes: 1, maxBytes: 4_096 })
  assert.equal(messageRule('RSASSA_PSS_SHA_384', 'EXTERNAL_MU'), undefined)
  assert.equal(messageRule('ED25519_SHA_512', 'DIGEST'), undefined)
  assert.equal(messageRule('ED25519_PH_SHA_512', 'RAW'), undefined)
  assert.equal(messageRule('ML_DSA_SHAKE_256', 'DIGEST'), undefined)
})

test('[F54] sign() throws for a digest of another length, a form or an algorithm that the key does not take', async () => {
  const material = await makePair('ECC_NIST_P256', work)
  const refuses = (algorithm: SigningAlgorithm, form: MessageForm, bytes: number): Promise<void> =>
    assert.rejects(sign(material, 'ECC_NIST_P256', { algorithm, form, message: Buffer.alloc(bytes) }, work), TypeError)

  await refuses('ECDSA_SHA_256', 'DIGEST', 31)
  await refuses('ECDSA_SHA_256', 'DIGEST', 33)
  await refuses('ECDSA_SHA_256', 'RAW', 0)
  await refuses('ECDSA_SHA_256', 'RAW', 4_097)
  await refuses('ECDSA_SHA_256', 'EXTERNAL_MU', 64)
  await refuses('ECDSA_SHA_384', 'RAW', 1)
})
