import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem1024, ml_kem512, ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import {
  agree,
  decapsulate,
  decryptOaep,
  encapsulate,
  encryptOaep,
  publicKeyDer,
  sign,
  verify,
} from '../../src/crypto/index.ts'
import type { KeyPairMaterial, SigningAlgorithm } from '../../src/crypto/index.ts'
import { boundedWork } from '../../src/threads/index.ts'
import { makePair } from './key-pairs.ts'

const work = boundedWork(1)
const folder = mkdtempSync(join(tmpdir(), 'postern-tools-'))
after(async () => {
  rmSync(folder, { recursive: true })
  await work[Symbol.asyncDispose]()
})

const message = Buffer.from('a message for other tools')

function openssl(...args: string[]): Buffer {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

function save(name: string, bytes: Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, bytes, { mode: 0o600 })
  return file
}

/** The two keys as files that OpenSSL's command line reads. */
function saveKeys(name: string, material: KeyPairMaterial): { readonly key: string; readonly pub: string } {
  const pkcs8 = material.privateKey.export({ format: 'der', type: 'pkcs8' })
  return { key: save(`${name}.key`, pkcs8), pub: save(`${name}.pub`, publicKeyDer(material)) }
}

const der = ['-keyform', 'DER']

/** Sign and Verify both ways, over a message's digest: `pkeyutl` hashes nothing. */
async function checkSignatures(
  keySpec: Parameters<typeof makePair>[0],
  algorithm: SigningAlgorithm,
  options: readonly string[],
): Promise<void> {
  const material = await makePair(keySpec, work)
  const { key, pub } = saveKeys(`${keySpec}-${algorithm}`, material)
  const digest = createHash(`sha${algorithm.slice(-3)}`)
    .update(message)
    .digest()
  const input = ['-in', save('digest', digest)]

  for (const subject of [
    { algorithm, message, form: 'RAW' },
    { algorithm, message: digest, form: 'DIGEST' },
  ] as const) {
    const ours = save('ours', await sign(material, keySpec, subject, work))
    openssl('pkeyutl', '-verify', '-pubin', '-inkey', pub, ...der, ...input, '-sigfile', ours, ...options)

    const signature = openssl('pkeyutl', '-sign', '-inkey', key, ...der, ...input, ...options)
    assert.equal(await verify(material, keySpec, { ...subject, signature }, work), true, subject.form)
  }
}

for (const bits of ['256', '384', '512']) {
  const digest = ['-pkeyopt', `digest:sha${bits}`]
  const salted = ['-pkeyopt', 'rsa_pss_saltlen:digest', '-pkeyopt', `rsa_mgf1_md:sha${bits}`]

  test(`sign() and verify() of RSASSA-PSS with SHA-${bits} agree with OpenSSL's command line`, async () => {
    const pss = ['-pkeyopt', 'rsa_padding_mode:pss', ...digest, ...salted]
    await checkSignatures('RSA_2048', `RSASSA_PSS_SHA_${bits}` as SigningAlgorithm, pss)
  })

  test(`sign() and verify() of RSASSA-PKCS1-v1_5 with SHA-${bits} agree with OpenSSL's command line`, async () => {
    await checkSignatures('RSA_2048', `RSASSA_PKCS1_V1_5_SHA_${bits}` as SigningAlgorithm, digest)
  })
}

const curveSpecs = [
  ['ECC_NIST_P256', 'ECDSA_SHA_256', p256],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', p384],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', p521],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', secp256k1],
] as const

for (const [keySpec, algorithm, library] of curveSpecs) {
  test(`sign() and verify() on ${keySpec} agree with OpenSSL's command line`, async () => {
    await checkSignatures(keySpec, algorithm, [])
  })

  test(`[F55] sign() and verify() on ${keySpec} agree with the library, and take either s of a pair`, async () => {
    const material = await makePair(keySpec, work)
    const spki = publicKeyDer(material)
    const point = spki.subarray(spki.length - 1 - 2 * library.Point.Fp.BYTES)
    const digest = createHash(`sha${algorithm.slice(-3)}`)
      .update(message)
      .digest()
    const format = { prehash: false, lowS: false, format: 'der' } as const
    const { n } = library.Point.CURVE()

    for (const subject of [
      { algorithm, message, form: 'RAW' },
      { algorithm, message: digest, form: 'DIGEST' },
    ] as const) {
      const signature = await sign(material, keySpec, subject, work)
      const { r, s } = library.Signature.fromBytes(signature, 'der')
      const other = Buffer.from(new library.Signature(r, n - s).toBytes('der'))

      assert.equal(library.verify(signature, digest, point, format), true)
      assert.equal(await verify(material, keySpec, { ...subject, signature: other }, work), true)
    }
  })
}

test("sign() and verify() of Ed25519 agree with OpenSSL's command line", async () => {
  const material = await makePair('ECC_NIST_EDWARDS25519', work)
  const { key, pub } = saveKeys('ed25519', material)
  const subject = { algorithm: 'ED25519_SHA_512', message, form: 'RAW' } as const
  const input = ['-rawin', '-in', save('message', message)]

  const ours = save('ours', await sign(material, 'ECC_NIST_EDWARDS25519', subject, work))
  openssl('pkeyutl', '-verify', '-pubin', '-inkey', pub, ...der, ...input, '-sigfile', ours)

  const signature = openssl('pkeyutl', '-sign', '-inkey', key, ...der, ...input)
  assert.equal(await verify(material, 'ECC_NIST_EDWARDS25519', { ...subject, signature }, work), true)
})

test('sign() of Ed25519ph hashes the digest that it is given once more', async () => {
  const material = await makePair('ECC_NIST_EDWARDS25519', work)
  const digest = createHash('sha512').update(message).digest()
  const subject = { algorithm: 'ED25519_PH_SHA_512', message: digest, form: 'DIGEST' } as const

  const signature = await sign(material, 'ECC_NIST_EDWARDS25519', subject, work)

  const publicKey = publicKeyDer(material).subarray(-32)
  assert.equal(ed25519ph.verify(signature, digest, publicKey), true)
  assert.equal(ed25519ph.verify(signature, message, publicKey), false)
})

for (const [keySpec, library] of [
  ['ML_DSA_44', ml_dsa44],
  ['ML_DSA_65', ml_dsa65],
  ['ML_DSA_87', ml_dsa87],
] as const) {
  test(`sign() and verify() of ${keySpec} agree with the library, for messages and for their mu`, async () => {
    const material = await makePair(keySpec, work)
    const spki = publicKeyDer(material)
    const publicKey = spki.subarray(spki.length - library.lengths.publicKey!)
    // FIPS 204 section 6.2, with the empty context: SHAKE256(SHAKE256(pk, 64) ‖ 0 ‖ 0 ‖ M, 64).
    const shake = (bytes: Uint8Array): Buffer => createHash('shake256', { outputLength: 64 }).update(bytes).digest()
    const mu = shake(Buffer.concat([shake(publicKey), Buffer.alloc(2), message]))
    const raw = { algorithm: 'ML_DSA_SHAKE_256', message, form: 'RAW' } as const
    const external = { algorithm: 'ML_DSA_SHAKE_256', message: mu, form: 'EXTERNAL_MU' } as const

    const ofRaw = await sign(material, keySpec, raw, work)
    const ofMu = await sign(material, keySpec, external, work)

    assert.equal(library.verify(ofRaw, message, publicKey), true)
    assert.equal(library.verify(ofMu, message, publicKey), true)
    assert.equal(await verify(material, keySpec, { ...raw, signature: ofMu }, work), true)
    assert.equal(await verify(material, keySpec, { ...external, signature: ofRaw }, work), true)
    assert.equal(
      library.keygen(seedOf(material)).publicKey.every((byte, index) => byte === publicKey[index]),
      true,
    )
  })
}

for (const [keySpec, library] of [
  ['ML_KEM_512', ml_kem512],
  ['ML_KEM_768', ml_kem768],
  ['ML_KEM_1024', ml_kem1024],
] as const) {
  test(`encapsulate() and decapsulate() of ${keySpec} agree with the library, implicit rejection too`, async () => {
    const material = await makePair(keySpec, work)
    const { publicKey, secretKey } = library.keygen(seedOf(material))
    const spki = publicKeyDer(material)
    const ours = encapsulate(material)
    const theirs = library.encapsulate(publicKey)
    const altered = Buffer.from(ours.ciphertext)
    altered[0]! ^= 1

    assert.deepEqual(spki.subarray(spki.length - publicKey.length), Buffer.from(publicKey))
    assert.deepEqual(Buffer.from(library.decapsulate(ours.ciphertext, secretKey)), ours.sharedSecret.exposeBytes())
    assert.deepEqual(
      decapsulate(material, keySpec, Buffer.from(theirs.cipherText))?.exposeBytes(),
      Buffer.from(theirs.sharedSecret),
    )
    assert.deepEqual(
      decapsulate(material, keySpec, altered)?.exposeBytes(),
      Buffer.from(library.decapsulate(altered, secretKey)),
    )
    assert.equal(decapsulate(material, keySpec, altered.subarray(1)), undefined)
    assert.equal(decapsulate(material, keySpec, Buffer.concat([altered, altered])), undefined)
  })
}

for (const [algorithm, hash] of [
  ['RSAES_OAEP_SHA_1', 'sha1'],
  ['RSAES_OAEP_SHA_256', 'sha256'],
] as const) {
  const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`].flatMap(o => ['-pkeyopt', o])

  test(`encryptOaep() and decryptOaep() of ${algorithm} agree with OpenSSL's command line`, async () => {
    const material = await makePair('RSA_2048', work)
    const { key, pub } = saveKeys(algorithm, material)

    const ours = save('ours', encryptOaep(material, algorithm, message))
    const theirs = openssl(
      'pkeyutl',
      '-encrypt',
      '-pubin',
      '-inkey',
      pub,
      ...der,
      '-in',
      save('m', message),
      ...options,
    )

    assert.deepEqual(openssl('pkeyutl', '-decrypt', '-inkey', key, ...der, '-in', ours, ...options), message)
    assert.deepEqual((await decryptOaep(material, algorithm, theirs, work))?.exposeBytes(), message)
  })

  test(`[F54] decryptOaep() of ${algorithm} gives nothing for a label, for PKCS#1 v1.5, and for random bytes`, async () => {
    const material = await makePair('RSA_2048', work)
    const { pub } = saveKeys(algorithm, material)
    const encrypt = (...more: string[]): Buffer =>
      openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', pub, ...der, '-in', save('m', message), ...more)
    const randomly = randomBytes(256)
    randomly[0] = 0

    assert.equal(
      await decryptOaep(material, algorithm, encrypt(...options, '-pkeyopt', 'rsa_oaep_label:6c'), work),
      undefined,
    )
    assert.equal(await decryptOaep(material, algorithm, encrypt('-pkeyopt', 'rsa_padding_mode:pkcs1'), work), undefined)
    assert.equal(await decryptOaep(material, algorithm, randomly, work), undefined)
    assert.equal(await decryptOaep(material, algorithm, Buffer.alloc(256, 0xff), work), undefined)
    assert.equal(await decryptOaep(material, algorithm, randomly.subarray(1), work), undefined)
  })
}

for (const [keySpec, , library] of curveSpecs.slice(0, 3)) {
  test(`agree() on ${keySpec} agrees with OpenSSL's command line and the library`, async () => {
    const ours = await makePair(keySpec, work)
    const theirs = await makePair(keySpec, work)
    const { key } = saveKeys(`their-${keySpec}`, theirs)
    const peer = save(`our-${keySpec}.pub`, publicKeyDer(ours))
    const sec1 = theirs.privateKey.export({ format: 'jwk' })
    const point = publicKeyDer(ours).subarray(-1 - 2 * library.Point.Fp.BYTES)

    const secret = await agree(ours, keySpec, publicKeyDer(theirs), work)

    const options = ['-inkey', key, ...der, '-peerkey', peer, '-peerform', 'DER']
    assert.deepEqual(secret?.exposeBytes(), openssl('pkeyutl', '-derive', ...options))
    const shared = library.getSharedSecret(Buffer.from(sec1.d!, 'base64url'), point)
    assert.deepEqual(secret?.exposeBytes(), Buffer.from(shared.subarray(1)))
  })
}

/** The seed, which is all that our PKCS#8 holds. */
function seedOf(material: KeyPairMaterial): Buffer {
  return Buffer.from(material.privateKey.export({ format: 'jwk' })['priv'] as string, 'base64url')
}
