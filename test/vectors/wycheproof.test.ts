// A selection of Wycheproof's tests, judged by the algorithms themselves.
import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { agree, decapsulate, decryptOaep, verify } from '../../src/crypto/index.ts'
import type { KeyPairMaterial, KeySpec, SigningAlgorithm } from '../../src/crypto/index.ts'
import { unwrapPadded } from '../../src/crypto/key-wrap.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair, openPair } from '../crypto/key-pairs.ts'
import { readWycheproof, scalarJwk } from './read-wycheproof.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex')
const idle = await makePair('ECC_NIST_P256', work)
// Verify needs no private key: whichever stands here is not asked.
const verifier = (publicKey: KeyObject): KeyPairMaterial => ({ ...idle, publicKey })

/** Whether a signature is right: as that of a message and as that of its digest, which must agree. */
async function isRight(
  publicKey: KeyObject,
  keySpec: KeySpec,
  subject: { readonly algorithm: SigningAlgorithm; readonly message: Buffer; readonly signature: Buffer },
): Promise<boolean> {
  const material = verifier(publicKey)
  const digest = createHash('sha256').update(subject.message).digest()
  const ofMessage = await verify(material, keySpec, { ...subject, form: 'RAW' }, work)
  assert.equal(await verify(material, keySpec, { ...subject, message: digest, form: 'DIGEST' }, work), ofMessage)
  return ofMessage
}

for (const { id, comment, point, message, signature, result } of readWycheproof('ecdsa-p256').tests) {
  test(`[F55] verify() finds test ${id} of Wycheproof's ECDSA ${result}: ${comment}`, async () => {
    const spki = fromHex(`3059301306072a8648ce3d020106082a8648ce3d030107034200${point}`)
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const subject = { algorithm: 'ECDSA_SHA_256', message: fromHex(message), signature: fromHex(signature) } as const

    assert.equal(await isRight(publicKey, 'ECC_NIST_P256', subject), result === 'valid')
  })
}

const rsa = openPair('RSA_2048', fromHex(readWycheproof('rsa-oaep').privateKey))

for (const { id, comment, message, signature, result } of readWycheproof('rsa-pss').tests) {
  test(`[F54] verify() finds test ${id} of Wycheproof's RSASSA-PSS ${result}: ${comment}`, async () => {
    const subject = {
      algorithm: 'RSASSA_PSS_SHA_256',
      message: fromHex(message),
      signature: fromHex(signature),
    } as const

    assert.equal(await isRight(rsa.publicKey, 'RSA_2048', subject), result === 'valid')
  })
}

test('[F54] verify() takes no signature of RSASSA-PSS for one of RSASSA-PKCS1-v1_5, but the one that is', async () => {
  for (const { id, message, signature } of readWycheproof('rsa-pss').tests) {
    const subject = {
      algorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      message: fromHex(message),
      signature: fromHex(signature),
    } as const

    assert.equal(await isRight(rsa.publicKey, 'RSA_2048', subject), id === 108, `test ${id}`)
  }
})

for (const { id, comment, message, ciphertext, result } of readWycheproof('rsa-oaep').tests) {
  test(`[F54] decryptOaep() finds test ${id} of Wycheproof's RSAES-OAEP ${result}: ${comment}`, async () => {
    const opened = await decryptOaep(rsa, 'RSAES_OAEP_SHA_256', fromHex(ciphertext), work)

    assert.equal(opened?.exposeBytes().toString('hex'), result === 'valid' ? message : undefined)
  })
}

for (const { id, comment, publicKey, message, signature, result } of readWycheproof('ed25519').tests) {
  test(`verify() finds test ${id} of Wycheproof's Ed25519 ${result}: ${comment}`, async () => {
    const spki = fromHex(`302a300506032b6570032100${publicKey}`)
    const material = verifier(createPublicKey({ key: spki, format: 'der', type: 'spki' }))
    const subject = {
      algorithm: 'ED25519_SHA_512',
      message: fromHex(message),
      form: 'RAW',
      signature: fromHex(signature),
    } as const

    assert.equal(await verify(material, 'ECC_NIST_EDWARDS25519', subject, work), result === 'valid')
  })
}

for (const { id, comment, peer, scalar, sharedSecret } of readWycheproof('ecdh-p256').tests) {
  test(`[F55] agree() gives the shared secret of test ${id} of Wycheproof's ECDH: ${comment}`, async () => {
    const privateKey = createPrivateKey({ key: scalarJwk(scalar), format: 'jwk' })
    const material: KeyPairMaterial = { kind: 'key-pair', privateKey, publicKey: createPublicKey(privateKey) }

    const secret = await agree(material, 'ECC_NIST_P256', fromHex(peer), work)

    assert.equal(secret?.exposeBytes().toString('hex'), sharedSecret)
  })
}

for (const { id, comment, key, message, wrapped, result } of readWycheproof('aes-kwp').tests) {
  test(`[F57] unwrapPadded() finds test ${id} of Wycheproof's AES key wrap ${result}: ${comment}`, () => {
    const unwrapped = unwrapPadded(fromHex(key), fromHex(wrapped))

    assert.equal(unwrapped?.exposeBytes().toString('hex'), result === 'valid' ? message : undefined)
  })
}

for (const { id, comment, seed, ciphertext, sharedSecret } of readWycheproof('ml-kem-512').tests) {
  test(`decapsulate() gives the shared secret of test ${id} of Wycheproof's ML-KEM: ${comment}`, () => {
    const material = openPair('ML_KEM_512', fromHex(`3054020100300b060960864801650304040104428040${seed}`))

    const secret = decapsulate(material, 'ML_KEM_512', fromHex(ciphertext))

    assert.equal(secret?.exposeBytes().toString('hex'), sharedSecret)
  })
}
