import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { agree, publicKeyDer, sign, verify } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair } from './key-pairs.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts)
  const size = contents.length < 128 ? [contents.length] : [0x81, contents.length]
  return Buffer.concat([Buffer.of(tag, ...size), contents])
}

function contentsOf(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return bytes[0]! >= 128 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
}
const integer = (value: bigint): Buffer => der(2, contentsOf(value))
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)

const curveSpecs = [
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'P-256', p256],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'P-384', p384],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'P-521', p521],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'secp256k1', secp256k1],
] as const

for (const [keySpec, algorithm, , library] of curveSpecs) {
  test(`[F55] verify() refuses every malformed or impossible signature on ${keySpec}`, async () => {
    const material = await makePair(keySpec, work)
    const message = createHash(`sha${algorithm.slice(-3)}`)
      .update('a message')
      .digest()
    const subject = { algorithm, message, form: 'DIGEST' } as const
    const good = await sign(material, keySpec, subject, work)
    const { r, s } = library.Signature.fromBytes(good, 'der')
    const { n, p } = library.Point.CURVE()
    const body = Buffer.concat([integer(r), integer(s)])
    const unpadded = (value: bigint): Buffer => der(2, contentsOf(value).subarray(contentsOf(value)[0] === 0 ? 1 : 0))
    const bad: Readonly<Record<string, Buffer>> = {
      'r = 0': sequence(integer(0n), integer(s)),
      's = 0': sequence(integer(r), integer(0n)),
      'both 0': sequence(integer(0n), integer(0n)),
      'r = n': sequence(integer(n), integer(s)),
      's = n': sequence(integer(r), integer(n)),
      'r + n': sequence(integer(r + n), integer(s)),
      's + n': sequence(integer(r), integer(s + n)),
      'r = p': sequence(integer(p), integer(s)),
      'r = n, s = 1': sequence(integer(n), integer(1n)),
      'r + 2^600': sequence(integer(r + (1n << 600n)), integer(s)),
      's + 2^600': sequence(integer(r), integer(s + (1n << 600n))),
      'a negative r': sequence(der(2, Buffer.of(0xff)), integer(s)),
      'a negative s': sequence(integer(r), der(2, Buffer.of(0x80))),
      'r twice': sequence(integer(r), integer(r)),
      'r and s exchanged': sequence(integer(s), integer(r)),
      'r alone': sequence(integer(r)),
      'a third number': sequence(body, integer(1n)),
      'an empty r': sequence(der(2), integer(s)),
      'an empty sequence': sequence(),
      'r with a zero too many': sequence(der(2, Buffer.of(0), contentsOf(r)), integer(s)),
      's with a zero too many': sequence(integer(r), der(2, Buffer.of(0), contentsOf(s))),
      'octet strings': sequence(der(4, contentsOf(r)), der(4, contentsOf(s))),
      'a set': der(0x31, body),
      'trailing bytes': Buffer.concat([good, Buffer.of(0)]),
      'trailing bytes inside': sequence(body, Buffer.of(5, 0)),
      'an indefinite length': Buffer.concat([Buffer.of(0x30, 0x80), body, Buffer.of(0, 0)]),
      'a length longer than needed': Buffer.concat([Buffer.of(0x30, 0x82, 0, body.length), body]),
      'a length of r longer than needed': sequence(Buffer.of(2, 0x81, contentsOf(r).length), contentsOf(r), integer(s)),
      'a length too long': Buffer.concat([Buffer.of(0x30, body.length + 1), body]),
      'a length of 2^32 - 1': Buffer.concat([Buffer.from('3084ffffffff', 'hex'), body]),
      'a length of five bytes': Buffer.concat([Buffer.from('308500000000', 'hex'), Buffer.of(body.length), body]),
      'raw r and s': Buffer.from(library.Signature.fromBytes(good, 'der').toBytes('compact')),
      'a tag alone': Buffer.of(0x30),
      'no bytes': Buffer.alloc(0),
    }

    for (const [what, signature] of Object.entries(bad)) {
      assert.equal(await verify(material, keySpec, { ...subject, signature }, work), false, what)
      const raw = { algorithm, message, form: 'RAW', signature } as const
      assert.equal(await verify(material, keySpec, raw, work), false, `${what}, as a message`)
    }
    for (const value of [r, s]) {
      if (contentsOf(value)[0] !== 0) continue
      const signature = sequence(value === r ? unpadded(r) : integer(r), value === s ? unpadded(s) : integer(s))
      assert.equal(await verify(material, keySpec, { ...subject, signature }, work), false, 'a missing zero')
    }
    assert.equal(await verify(material, keySpec, { ...subject, signature: sequence(body) }, work), true)
    for (let length = 0; length < good.length; length++) {
      assert.equal(await verify(material, keySpec, { ...subject, signature: good.subarray(0, length) }, work), false)
    }
  })
}

for (const [keySpec, , namedCurve, library] of curveSpecs.slice(0, 3)) {
  test(`[F55] agree() refuses every public key that is not a point on ${keySpec}, and every encoding but DER`, async () => {
    const material = await makePair(keySpec, work)
    const peer = publicKeyDer(await makePair(keySpec, work))
    const bytes = library.Point.Fp.BYTES
    const pointAt = peer.length - 1 - 2 * bytes
    const point = peer.subarray(pointAt)
    const algorithm = peer.subarray(peer.indexOf(0x30, 2), pointAt - (bytes > 60 ? 4 : 3))
    const spki = (key: Buffer, identifier: Buffer = algorithm): Buffer =>
      sequence(identifier, der(3, Buffer.of(0), key))
    const change = (at: number, to: number): Buffer => {
      const changed = Buffer.from(point)
      changed[at] = to
      return changed
    }
    const refuses = async (what: string, given: Buffer): Promise<void> =>
      assert.equal(await agree(material, keySpec, given, work), undefined, what)

    assert.deepEqual(spki(point), peer)
    assert.ok(await agree(material, keySpec, peer, work))
    await refuses('a point off the curve', spki(change(point.length - 1, point.at(-1)! ^ 1)))
    await refuses('infinity', spki(Buffer.of(0)))
    await refuses('infinity in full length', spki(Buffer.alloc(point.length)))
    await refuses('0, 0', spki(change(0, 4).fill(0, 1)))
    await refuses('coordinates beyond the field', spki(change(0, 4).fill(0xff, 1)))
    await refuses('the hybrid form', spki(change(0, 6 + (point.at(-1)! & 1))))
    await refuses('a compressed x of no point', spki(Buffer.concat([Buffer.of(2), Buffer.alloc(bytes, 0xff)])))
    await refuses('a byte less', spki(point.subarray(0, -1)))
    await refuses('a byte more', spki(Buffer.concat([point, Buffer.of(0)])))
    await refuses('no point', spki(Buffer.alloc(0)))
    await refuses('unused bits', sequence(algorithm, der(3, Buffer.of(1), point)))
    await refuses('a trailing byte', Buffer.concat([peer, Buffer.of(0)]))
    await refuses('a trailing value inside', sequence(algorithm, der(3, Buffer.of(0), point), Buffer.of(5, 0)))
    await refuses('a bare point', point)
    await refuses('nothing', Buffer.alloc(0))
    await refuses('PEM', Buffer.from(material.publicKey.export({ format: 'pem', type: 'spki' })))
    await refuses('a private key', material.privateKey.export({ format: 'der', type: 'pkcs8' }))
    const explicit = generateKeyPairSync('ec', { namedCurve, paramEncoding: 'explicit' }).publicKey
    await refuses('explicit parameters', explicit.export({ format: 'der', type: 'spki' }))
    for (const [other] of curveSpecs.filter(([name]) => name !== keySpec)) {
      await refuses(`a point on ${other}`, publicKeyDer(await makePair(other, work)))
    }
    await refuses('an RSA key', publicKeyDer(await makePair('RSA_2048', work)))
    await refuses('an Ed25519 key', publicKeyDer(await makePair('ECC_NIST_EDWARDS25519', work)))
    const x25519 = generateKeyPairSync('x25519').publicKey
    await refuses('an X25519 key', x25519.export({ format: 'der', type: 'spki' }))
  })
}
