import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import { after, test } from 'node:test'
import { agree, decryptOaep, generateMac, verifyMac } from '../../src/crypto/index.ts'
import type { KeyPairMaterial, MacAlgorithm } from '../../src/crypto/index.ts'
import { parseCurvePublicKey } from '../../src/crypto/curve-public-key.ts'
import { unwrapPadded } from '../../src/crypto/key-wrap.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { readVectors } from './read-vectors.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex')

const curveForms = {
  ECC_NIST_P256: { crv: 'P-256', bytes: 32, head: '3059301306072a8648ce3d020106082a8648ce3d030107034200' },
  ECC_NIST_P384: { crv: 'P-384', bytes: 48, head: '3076301006072a8648ce3d020106052b81040022036200' },
  ECC_NIST_P521: { crv: 'P-521', bytes: 66, head: '30819b301006072a8648ce3d020106052b8104002303818600' },
} as const
type NistCurve = keyof typeof curveForms

/** A SubjectPublicKeyInfo of those coordinates, whether or not they are on the curve. */
function spkiOf(keySpec: NistCurve, x: string, y: string): Buffer {
  const { head, bytes } = curveForms[keySpec]
  const [fullX, fullY] = [x, y].map(hex => hex.replace(/^0+/, '').padStart(bytes * 2, '0'))
  return fromHex(`${head}04${fullX}${fullY}`)
}

interface CurveKeyVector {
  readonly keySpec: NistCurve
  readonly x: string
  readonly y: string
  readonly result: string
}

test('[F55] parseCurvePublicKey() judges public keys as NIST does', () => {
  const vectors = (readVectors('curve-public-keys') as readonly CurveKeyVector[])

  for (const { keySpec, x, y, result } of vectors) {
    // NIST's coordinates beyond the field are longer than a field element may be.
    const isRead = parseCurvePublicKey(keySpec, spkiOf(keySpec, x, y)) !== undefined
    assert.equal(isRead, result.startsWith('P'), `${keySpec} ${x} ${result}`)
  }

  assert.ok(vectors.some(({ result }) => result.startsWith('F')))
})

interface AgreementVector extends CurveKeyVector {
  readonly scalar: string
  readonly ownX: string
  readonly ownY: string
  readonly sharedSecret: string
}

test('[F55] agree() gives the shared secrets of NIST, and nothing for points off the curve', async () => {
  for (const vector of (readVectors('ecdh') as readonly AgreementVector[])) {
    const { keySpec, x, y, scalar, ownX, ownY, sharedSecret, result } = vector
    // Numbers 5 to 7 are about one's own key, which is checked when it is made or imported.
    if (/^F \([5-7]/.test(result)) continue
    const { crv, bytes } = curveForms[keySpec]
    const coordinate = (hex: string): string =>
      fromHex(hex.replace(/^0+/, '').padStart(bytes * 2, '0')).toString('base64url')
    const jwk = { kty: 'EC', crv, d: coordinate(scalar), x: coordinate(ownX), y: coordinate(ownY) }
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
    const material: KeyPairMaterial = { kind: 'key-pair', privateKey, publicKey: createPublicKey(privateKey) }

    const secret = await agree(material, keySpec, spkiOf(keySpec, x, y), work)

    const claim = JSON.stringify(vector)
    if (/^F \([12]/.test(result)) assert.equal(secret, undefined, claim)
    // In number 8 the published secret was changed.
    else if (result.startsWith('F')) assert.notEqual(secret?.exposeBytes().toString('hex'), sharedSecret, claim)
    else assert.equal(secret?.exposeBytes().toString('hex'), sharedSecret, claim)
  }
})

interface WrapVector {
  readonly key: string
  readonly wrapped: string
  readonly unwrapped?: string
}

test('[F57] unwrapPadded() unwraps what NIST has wrapped, and nothing that it has altered', () => {
  const vectors = (readVectors('aes-kwp') as readonly WrapVector[])

  for (const { key, wrapped, unwrapped } of vectors) {
    const given = unwrapPadded(fromHex(key), fromHex(wrapped))
    assert.equal(given?.exposeBytes().toString('hex'), unwrapped, wrapped)
  }

  assert.ok(vectors.some(({ unwrapped }) => unwrapped === undefined))
})

interface MacVector {
  readonly algorithm: MacAlgorithm
  readonly key: string
  readonly message: string
  readonly mac: string
}

test('[F56] generateMac() and verifyMac() agree with RFC 4231, and no prefix of a code is right', () => {
  for (const { algorithm, key, message, mac } of (readVectors('hmac') as readonly MacVector[])) {
    const material = { kind: 'secret', key: createSecretKey(fromHex(key)) } as const
    const bytes = fromHex(mac)

    assert.equal(generateMac(material, algorithm, fromHex(message)).toString('hex'), mac)
    assert.equal(verifyMac(material, algorithm, fromHex(message), bytes), true)
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(verifyMac(material, algorithm, fromHex(message), bytes.subarray(0, length)), false)
    }
    assert.equal(verifyMac(material, algorithm, fromHex(message), Buffer.concat([bytes, Buffer.alloc(1)])), false)
  }
})

interface OaepVector {
  readonly algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'
  readonly key: Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', string>>
  readonly message: string
  readonly ciphertext: string
}

test('[F54] decryptOaep() decrypts what was published, and nothing of it with the other hash', async () => {
  for (const { algorithm, key, message, ciphertext } of (readVectors('rsa-oaep') as readonly OaepVector[])) {
    const jwk = Object.fromEntries(Object.entries(key).map(([name, hex]) => [name, fromHex(hex).toString('base64url')]))
    const privateKey = createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
    const material: KeyPairMaterial = { kind: 'key-pair', privateKey, publicKey: createPublicKey(privateKey) }
    const other = algorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1'

    const plaintext = await decryptOaep(material, algorithm, fromHex(ciphertext), work)

    assert.equal(plaintext?.exposeBytes().toString('hex'), message)
    assert.equal(await decryptOaep(material, other, fromHex(ciphertext), work), undefined)
  }
})
