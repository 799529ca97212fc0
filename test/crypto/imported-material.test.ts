import assert from 'node:assert/strict'
import { checkPrimeSync, createECDH, createPrivateKey, generateKeyPairSync, generatePrimeSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { SecretBytes, systemRandom } from '../../src/base/index.ts'
import { generateMaterial, openMaterial, parseImportedMaterial } from '../../src/crypto/index.ts'
import type { KeySpec } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'

const work = boundedWork(1)
after(() => work[Symbol.asyncDispose]())

async function parse(keySpec: KeySpec, bytes: Uint8Array): Promise<Buffer | undefined> {
  return (await parseImportedMaterial(keySpec, new SecretBytes(Buffer.from(bytes)), work))?.exposeBytes()
}

// A DER writer of the test's own: the one of the sources must not decide what is right.
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts)
  const { length } = contents
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), contents])
}
function integer(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return der(2, bytes[0]! >= 128 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}
const rsaIdentifier = Buffer.from('300d06092a864886f70d0101010500', 'hex')
const wrapRsa = (key: Buffer): Buffer => der(0x30, integer(0n), rsaIdentifier, der(4, key))

interface Numbers {
  readonly p: bigint
  readonly q: bigint
  readonly e: bigint
}
type Changes = Partial<Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', bigint>>

function modularInverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  return ((x % modulus) + modulus) % modulus
}

function rsaKey({ p, q, e }: Numbers, changes: Changes = {}, ...more: Buffer[]): Buffer {
  const d = e === 1n ? 1n : modularInverse(e, (p - 1n) * (q - 1n))
  const right = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: modularInverse(q, p) }
  const fields = { ...right, ...changes }
  const { n, dp, dq, qi } = fields
  return wrapRsa(der(0x30, ...[0n, n, fields.e, fields.d, fields.p, fields.q, dp, dq, qi].map(integer), ...more))
}

/** A prime of that many bits whose two top bits are set, and whose predecessor has no common factor with the exponents that are tried. */
function prime(bits: number): bigint {
  for (;;) {
    const found = generatePrimeSync(bits, { bigint: true })
    if ((found - 1n) % 3n !== 0n && (found - 1n) % 65_537n !== 0n) return found
  }
}

const p = prime(1_024)
const q = prime(1_024)
const e = 65_537n

test('parseImportedMaterial() takes RSA keys of OpenSSL of each length, and gives them back as OpenSSL writes them', async () => {
  for (const [keySpec, modulusLength] of [
    ['RSA_2048', 2_048],
    ['RSA_3072', 3_072],
  ] as const) {
    const pkcs8 = generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'der', type: 'pkcs8' })

    assert.deepEqual(await parse(keySpec, pkcs8), pkcs8)
  }
})

test('parseImportedMaterial() takes an RSA key that was put together by hand', async () => {
  assert.ok(await parse('RSA_2048', rsaKey({ p, q, e })))
})

test('[F57] parseImportedMaterial() refuses RSA keys of 1,024 bits and of another length than the spec says', async () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey.export({ format: 'der', type: 'pkcs8' })

  assert.equal(await parse('RSA_2048', small), undefined)
  assert.equal(await parse('RSA_3072', rsaKey({ p, q, e })), undefined)
  assert.equal(await parse('RSA_2048', rsaKey({ p: prime(1_040), q: prime(1_008), e })), undefined, 'uneven primes')
  assert.equal(await parse('RSA_2048', rsaKey({ p: prime(1_023), q: prime(1_024), e })), undefined, '2,047 bits')
})

test('[F57] parseImportedMaterial() refuses RSA keys whose public exponent is 1, 3, even or huge', async () => {
  for (const bad of [1n, 3n, 65_539n * 2n]) {
    const changes = bad % 2n === 0n ? { e: bad, d: 65_537n } : {}
    assert.equal(await parse('RSA_2048', rsaKey({ p, q, e: bad % 2n === 0n ? e : bad }, changes)), undefined, `${bad}`)
  }
  assert.equal(await parse('RSA_2048', rsaKey({ p, q, e: prime(64) })), undefined)
})

test('[F57] parseImportedMaterial() refuses RSA keys whose primes are equal or so close that Fermat finds them', async () => {
  let near = p + 2n
  while ((near - 1n) % e === 0n || !checkPrimeSync(near)) near += 2n

  assert.equal(await parse('RSA_2048', rsaKey({ p, q: near, e })), undefined)
  assert.equal(await parse('RSA_2048', rsaKey({ p: near, q: p, e })), undefined)
  assert.equal(await parse('RSA_2048', rsaKey({ p, q: p, e }, { qi: 1n })), undefined)
})

test('[F57] parseImportedMaterial() refuses RSA keys of which any one number does not fit the others', async () => {
  const d = modularInverse(e, (p - 1n) * (q - 1n))
  const wrong: readonly Changes[] = [
    { n: p * q + 2n },
    { e: 65_539n },
    { d: d + 2n },
    { d: d + (p - 1n) * (q - 1n) },
    { p: q, q: p },
    { dp: (d % (p - 1n)) + (p - 1n) },
    { dp: 1n },
    { dq: 1n },
    { qi: 1n },
    { qi: modularInverse(q, p) + p },
    { d: 0n },
    { n: 0n },
  ]

  for (const changes of wrong) {
    assert.equal(await parse('RSA_2048', rsaKey({ p, q, e }, changes)), undefined, Object.keys(changes).join())
  }
})

test('[F57] parseImportedMaterial() refuses RSA keys whose factors are no primes', async () => {
  // Primes of which both top bits are set give a product of full length.
  const composite = prime(512) * prime(512)

  assert.equal(composite.toString(2).length, 1_024)
  assert.equal(await parse('RSA_2048', rsaKey({ p: composite, q, e })), undefined)
})

test('[F57] parseImportedMaterial() refuses RSA keys with more than two primes, trailing bytes, BER, and forms that are no PKCS#8', async () => {
  const good = rsaKey({ p, q, e })
  const key = createPrivateKey({ key: good, format: 'der', type: 'pkcs8' })
  const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(4), Buffer.alloc(2)])

  assert.equal(await parse('RSA_2048', rsaKey({ p, q, e }, {}, der(0x30, integer(3n)))), undefined, 'more numbers')
  assert.equal(await parse('RSA_2048', Buffer.concat([good, Buffer.alloc(1)])), undefined, 'a trailing byte')
  assert.equal(await parse('RSA_2048', indefinite), undefined, 'BER')
  assert.equal(await parse('RSA_2048', key.export({ format: 'der', type: 'pkcs1' })), undefined, 'PKCS#1')
  assert.equal(await parse('RSA_2048', Buffer.from(key.export({ format: 'pem', type: 'pkcs8' }))), undefined, 'PEM')
  assert.equal(await parse('RSA_2048', good.subarray(0, -1)), undefined, 'a byte less')
  assert.equal(await parse('RSA_2048', Buffer.alloc(0)), undefined, 'nothing')
})

const curveNames = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
  ECC_SECG_P256K1: 'secp256k1',
} as const
const curveSpecs = Object.keys(curveNames) as (keyof typeof curveNames)[]
const exportPkcs8 = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' })

for (const keySpec of curveSpecs) {
  const namedCurve = curveNames[keySpec]
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  const pkcs8 = exportPkcs8(privateKey)

  test(`parseImportedMaterial() takes a key of OpenSSL on ${keySpec}, and gives it back as OpenSSL writes it`, async () => {
    assert.deepEqual(await parse(keySpec, pkcs8), pkcs8)
  })

  test(`parseImportedMaterial() adds the public key to a key on ${keySpec} that has none`, async () => {
    const agreement = createECDH(namedCurve)
    agreement.generateKeys()
    const bytes = (agreement.getPublicKey().length - 1) / 2
    const scalar = Buffer.alloc(bytes)
    agreement.getPrivateKey().copy(scalar, bytes - agreement.getPrivateKey().length)
    const bare = encodeCurveKey(pkcs8, scalar)

    const parsed = await parse(keySpec, bare)

    assert.ok(parsed)
    assert.ok(parsed.includes(agreement.getPublicKey()))
    assert.ok(openMaterial(keySpec, parsed))
  })

  test(`[F57] parseImportedMaterial() refuses a scalar of 0, of the order and above, and of another length on ${keySpec}`, async () => {
    const order = orders[keySpec]
    const bytes = Math.ceil(order.toString(16).length / 2)
    const scalarOf = (value: bigint, length = bytes): Buffer =>
      Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')

    assert.ok(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(1n))), '1')
    assert.ok(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(order - 1n))), 'n - 1')
    assert.equal(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(0n))), undefined, '0')
    assert.equal(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(order))), undefined, 'n')
    assert.equal(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(order + 1n))), undefined, 'n + 1')
    assert.equal(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(1n, bytes - 1))), undefined, 'a byte less')
    assert.equal(await parse(keySpec, encodeCurveKey(pkcs8, scalarOf(1n, bytes + 1))), undefined, 'a byte more')
  })

  test(`[F57] parseImportedMaterial() refuses a key on ${keySpec} with another public key, other bytes behind it, or for another spec`, async () => {
    const wrongPoint = Buffer.from(pkcs8)
    wrongPoint[wrongPoint.length - 1]! ^= 1
    const otherPoint = Buffer.concat([
      pkcs8.subarray(0, -40),
      exportPkcs8(generateKeyPairSync('ec', { namedCurve }).privateKey).subarray(-40),
    ])

    assert.equal(await parse(keySpec, wrongPoint), undefined)
    assert.equal(await parse(keySpec, otherPoint), undefined)
    assert.equal(await parse(keySpec, Buffer.concat([pkcs8, Buffer.alloc(1)])), undefined)
    assert.equal(await parse(keySpec, privateKey.export({ format: 'der', type: 'sec1' })), undefined)
    for (const other of curveSpecs.filter(name => name !== keySpec))
      assert.equal(await parse(other, pkcs8), undefined, other)
  })

  test(`[F57] parseImportedMaterial() refuses explicit parameters on ${keySpec}`, async () => {
    const explicit = generateKeyPairSync('ec', { namedCurve, paramEncoding: 'explicit' }).privateKey

    assert.equal(await parse(keySpec, exportPkcs8(explicit)), undefined)
  })
}

test('[F57] parseImportedMaterial() takes 32 bytes for a symmetric key and no other length', async () => {
  for (const length of [0, 16, 31, 33, 64])
    assert.equal(await parse('SYMMETRIC_DEFAULT', Buffer.alloc(length, 1)), undefined)
  assert.deepEqual(await parse('SYMMETRIC_DEFAULT', Buffer.alloc(32, 1)), Buffer.alloc(32, 1))
})

test('[F57] parseImportedMaterial() takes the length of the hash up to 128 bytes for an HMAC key', async () => {
  for (const [keySpec, least] of [
    ['HMAC_224', 28],
    ['HMAC_256', 32],
    ['HMAC_384', 48],
    ['HMAC_512', 64],
  ] as const) {
    assert.equal(await parse(keySpec, Buffer.alloc(least - 1, 1)), undefined, `${keySpec}, a byte less`)
    assert.equal((await parse(keySpec, Buffer.alloc(least, 1)))?.length, least)
    assert.equal((await parse(keySpec, Buffer.alloc(128, 1)))?.length, 128)
    assert.equal(await parse(keySpec, Buffer.alloc(129, 1)), undefined, `${keySpec}, a byte more`)
  }
})

test('parseImportedMaterial() takes no material of specs that cannot be imported', async () => {
  for (const keySpec of ['ECC_NIST_EDWARDS25519', 'ML_DSA_44', 'ML_KEM_512'] as const) {
    const made = await generateMaterial(keySpec, { random: systemRandom, work })
    assert.equal(await parse(keySpec, made.exposeBytes()), undefined)
  }
})

const orders = {
  ECC_NIST_P256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ECC_NIST_P384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ECC_NIST_P521:
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ECC_SECG_P256K1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
}

/** A key without its public key, on the curve of another key. */
function encodeCurveKey(model: Buffer, scalar: Buffer): Buffer {
  const start = model.indexOf(Buffer.from('06072a8648ce3d0201', 'hex'))
  const algorithm = der(0x30, model.subarray(start, start + 9 + 2 + model[start + 10]!))
  return der(0x30, integer(0n), algorithm, der(4, der(0x30, integer(1n), der(4, scalar))))
}
