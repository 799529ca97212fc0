import assert from 'node:assert/strict'
import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { sign, signingAlgorithms, verify } from '../../src/crypto/index.ts'
import type { KeyPairMaterial, KeySpec, SigningAlgorithm } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair, openPair } from '../crypto/key-pairs.ts'
import { readVectors } from './read-vectors.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex')
const base64url = (hex: string): string => fromHex(hex).toString('base64url')
// Verify needs no private key: whichever stands here is not asked.
const idle = await makePair('ECC_NIST_P256', work)
const verifier = (publicKey: KeyObject): KeyPairMaterial => ({ ...idle, publicKey })

interface Case {
  readonly keySpec: KeySpec
  readonly algorithm: SigningAlgorithm
  readonly publicKey: KeyObject
  readonly message: Buffer
  readonly signature: Buffer
}

/** Whether a signature is right: as a message and, where there is such a form, as a digest, which must agree. */
async function isRight({ keySpec, algorithm, publicKey, message, signature }: Case): Promise<boolean> {
  const material = verifier(publicKey)
  const digest = createHash(signingAlgorithms[algorithm].hash).update(message).digest()
  const ofDigest = await verify(material, keySpec, { algorithm, message: digest, form: 'DIGEST', signature }, work)
  // AWS takes no empty message.
  if (message.length === 0) return ofDigest
  const ofMessage = await verify(material, keySpec, { algorithm, message, form: 'RAW', signature }, work)
  assert.equal(ofMessage, ofDigest)
  return ofMessage
}

interface RsaVector {
  readonly keySpec: KeySpec
  readonly algorithm: SigningAlgorithm
  readonly n: string
  readonly e: string
  readonly message: string
  readonly signature: string
  readonly result: string
}

function rsaCase({ keySpec, algorithm, n, e, message, signature }: RsaVector): Case {
  const publicKey = createPublicKey({ key: { kty: 'RSA', n: base64url(n), e: base64url(e) }, format: 'jwk' })
  return { keySpec, algorithm, publicKey, message: fromHex(message), signature: fromHex(signature) }
}

test('[F54] verify() judges signatures of RSASSA-PKCS1-v1_5 as NIST does, those with a shifted hash or a wrong padding too', async () => {
  const vectors = (readVectors('rsa-pkcs1') as readonly RsaVector[])

  for (const vector of vectors) {
    assert.equal(await isRight(rsaCase(vector)), vector.result.startsWith('P'), JSON.stringify(vector))
  }

  assert.equal(vectors.length, 81)
})

test('[F54] verify() refuses signatures of RSASSA-PSS whose salt is not as long as the hash', async () => {
  const vectors = (readVectors('rsa-pss-other-salts') as readonly RsaVector[])

  for (const vector of vectors) assert.equal(await isRight(rsaCase(vector)), false, JSON.stringify(vector))

  assert.ok(vectors.some(({ result }) => result.startsWith('P')))
})

interface EcdsaVector {
  readonly keySpec: 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1'
  readonly algorithm: SigningAlgorithm
  readonly x: string
  readonly y: string
  readonly message: string
  readonly r: string
  readonly s: string
  readonly result: string
}

const jwkCurves = {
  ECC_NIST_P256: ['P-256', 32],
  ECC_NIST_P384: ['P-384', 48],
  ECC_NIST_P521: ['P-521', 66],
  ECC_SECG_P256K1: ['secp256k1', 32],
} as const

function derInteger(hex: string): Buffer {
  const digits = hex.replace(/^0+/, '')
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`)
  const padded = bytes[0]! >= 128 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
  return Buffer.concat([Buffer.of(2, padded.length), padded])
}

function ecdsaCase({ keySpec, algorithm, x, y, message, r, s }: EcdsaVector): Case {
  const [crv, bytes] = jwkCurves[keySpec]
  const coordinate = (hex: string): string => base64url(hex.padStart(bytes * 2, '0'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv, x: coordinate(x), y: coordinate(y) }, format: 'jwk' })
  const both = Buffer.concat([derInteger(r), derInteger(s)])
  const head = both.length < 128 ? Buffer.of(0x30, both.length) : Buffer.of(0x30, 0x81, both.length)
  return { keySpec, algorithm, publicKey, message: fromHex(message), signature: Buffer.concat([head, both]) }
}

test('[F55] verify() judges signatures of ECDSA as NIST does', async () => {
  for (const vector of (readVectors('ecdsa') as readonly EcdsaVector[])) {
    assert.equal(await isRight(ecdsaCase(vector)), vector.result.startsWith('P'), JSON.stringify(vector))
  }
})

interface WycheproofVector {
  readonly id: number
  readonly spki: string
  readonly message: string
  readonly signature: string
  readonly comment: string
  readonly result: 'valid' | 'invalid'
}

for (const { id, spki, message, signature, comment, result } of (readVectors('ecdsa-wycheproof') as readonly WycheproofVector[])) {
  test(`[F55] verify() finds test ${id} of Wycheproof ${result}: ${comment}`, async () => {
    const publicKey = createPublicKey({ key: fromHex(spki), format: 'der', type: 'spki' })
    const given = { keySpec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', publicKey } as const

    const answer = await isRight({ ...given, message: fromHex(message), signature: fromHex(signature) })

    assert.equal(answer, result === 'valid')
  })
}

interface EdwardsVector {
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}

function openEdwards({ seed, publicKey }: EdwardsVector): KeyPairMaterial {
  const material = openPair('ECC_NIST_EDWARDS25519', fromHex(`302e020100300506032b657004220420${seed}`))
  assert.equal(material.publicKey.export({ format: 'der', type: 'spki' }).toString('hex').slice(24), publicKey)
  return material
}

test('sign() gives the signatures of Ed25519 that its authors published', async () => {
  for (const vector of (readVectors('ed25519') as readonly EdwardsVector[])) {
    const subject = { algorithm: 'ED25519_SHA_512', message: fromHex(vector.message), form: 'RAW' } as const

    const signature = await sign(openEdwards(vector), 'ECC_NIST_EDWARDS25519', subject, work)

    assert.equal(signature.toString('hex'), vector.signature)
  }
})

test("the library's Ed25519ph gives the signature of RFC 8032, over the message that it hashes itself", async () => {
  const [vector] = (readVectors('ed25519ph') as readonly EdwardsVector[])
  const material = openEdwards(vector!)

  const signature = await work.compute('ed25519phSign', {
    key: material.privateKey,
    message: fromHex(vector!.message),
  })

  assert.equal(Buffer.from(signature).toString('hex'), vector!.signature)
})
