// Attestation documents against a root of our own: the good one is believed, and every other is not.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BasicConstraintsExtension, Extension, KeyUsageFlags, KeyUsagesExtension } from '@peculiar/x509'
import { decode, encode } from 'cborg'
import { systemRandom } from '../../src/base/index.ts'
import { verifyAttestation } from '../../src/crypto/attestation/verify-attestation.ts'
import { encryptForRecipient } from '../../src/crypto/index.ts'
import { makeHardware, measure, signDocument, startEnclave } from '../attestation.ts'

const now = Date.UTC(2026, 10, 25)
const hardware = await makeHardware(now)
const enclave = startEnclave(hardware)
const trust = { roots: [hardware.rootDer], now }
const verified = (bytes: Buffer, given = trust) => verifyAttestation({ bytes, ...given })

test('verifyAttestation() believes a document of hardware under a trusted root, and tells what it measures', () => {
  const attestation = verified(enclave.attest(now))

  assert.ok(typeof attestation !== 'string')
  const { environment, moduleId, registers } = attestation
  assert.equal(environment, 'enclave')
  assert.equal(moduleId, 'i-123456789abcde123-enc123456789abcde12')
  assert.deepEqual(
    registers,
    new Map([...measure('image')].map(([index, content]) => [index, content.toString('hex')])),
  )
})

test('verifyAttestation() believes a document in a COSE tag, and one of NitroTPM', () => {
  const tagged = Buffer.concat([Buffer.from([0xd2]), enclave.attest(now)])
  const ofTpm = enclave.attest(now, { pcrs: undefined, nitrotpm_pcrs: new Map([[4, Buffer.alloc(48)]]) })

  const [first, second] = [verified(tagged), verified(ofTpm)]

  assert.ok(typeof first !== 'string' && typeof second !== 'string')
  assert.equal(second.environment, 'nitro-tpm')
})

test('verifyAttestation() believes nothing where no root is trusted, or another one', async () => {
  const other = await makeHardware(now)
  const document = enclave.attest(now)

  assert.equal(verified(document, { roots: [], now }), 'untrusted')
  assert.equal(verified(document, { roots: [other.rootDer], now }), 'untrusted')
  // The trusted root before a chain that is not below it.
  assert.equal(
    verified(enclave.attest(now, { cabundle: [other.rootDer, ...hardware.caBundle.slice(1)] }), {
      roots: [other.rootDer],
      now,
    }),
    'untrusted',
  )
})

test('verifyAttestation() refuses a document with any bit of it flipped', () => {
  const document = enclave.attest(now)

  for (let index = 0; index < document.length; index += 7) {
    const altered = Buffer.from(document)
    altered[index]! ^= 1 << (index % 8)
    assert.equal(typeof verified(altered), 'string', `byte ${index}`)
  }
})

test('verifyAttestation() refuses every shorter document and one with more behind it', () => {
  const document = enclave.attest(now)

  for (let length = 0; length < document.length; length += 13) {
    assert.equal(verified(document.subarray(0, length)), 'malformed')
  }
  assert.equal(verified(Buffer.concat([document, Buffer.from([0])])), 'malformed')
})

test('verifyAttestation() refuses what is signed by another key than that of the certificate', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const [, , payload] = decode(enclave.attest(now)) as Uint8Array[]

  assert.equal(verified(signDocument(payload!, privateKey)), 'untrusted')
})

test('verifyAttestation() takes no algorithm but ES384, and none from the unprotected header', () => {
  const [, , payload] = decode(enclave.attest(now)) as Uint8Array[]

  for (const header of [
    new Map([[1, -7]]),
    new Map([[1, 'ES384']]),
    new Map(),
    new Map<number, unknown>([
      [1, -35],
      [2, [1]],
    ]),
  ]) {
    assert.equal(verified(signDocument(payload!, hardware.signer, { header })), 'malformed')
  }
  const unprotected = new Map([[1, -35]])
  assert.equal(verified(signDocument(payload!, hardware.signer, { unprotected })), 'malformed')
})

test('verifyAttestation() believes a document for five minutes, and none from further in the future', () => {
  const document = enclave.attest(now)
  const at = (minutes: number) => verified(document, { roots: trust.roots, now: now + minutes * 60_000 })

  assert.ok(typeof at(5) !== 'string' && typeof at(-5) !== 'string')
  assert.equal(at(5.01), 'not-fresh')
  assert.equal(at(-5.01), 'not-fresh')
})

test('verifyAttestation() refuses an authority or hardware whose certificate is not valid now', async () => {
  const [ended, future] = [{ notAfter: new Date(now - 1_000) }, { notBefore: new Date(now + 1_000) }]

  for (const options of [{ authority: ended }, { leaf: ended }, { authority: future }, { leaf: future }]) {
    const worn = await makeHardware(now, options)
    assert.equal(verified(startEnclave(worn).attest(now), { roots: [worn.rootDer], now }), 'untrusted')
  }
})

test('verifyAttestation() refuses authorities that may not sign certificates, and hardware that may', async () => {
  const usage = (flags: number) => new KeyUsagesExtension(flags, true)
  const authorities = [
    [new BasicConstraintsExtension(false, undefined, true), usage(KeyUsageFlags.keyCertSign)],
    [new BasicConstraintsExtension(true, undefined, true), usage(KeyUsageFlags.digitalSignature)],
    [usage(KeyUsageFlags.keyCertSign)],
    [],
  ]
  const leaves = [
    [new BasicConstraintsExtension(true, undefined, true), usage(KeyUsageFlags.digitalSignature)],
    [new BasicConstraintsExtension(false, undefined, true), usage(KeyUsageFlags.keyAgreement)],
  ]

  for (const extensions of authorities) {
    const bad = await makeHardware(now, { authority: { extensions } })
    assert.equal(verified(startEnclave(bad).attest(now), { roots: [bad.rootDer], now }), 'untrusted')
  }
  for (const extensions of leaves) {
    const bad = await makeHardware(now, { leaf: { extensions } })
    assert.equal(verified(startEnclave(bad).attest(now), { roots: [bad.rootDer], now }), 'untrusted')
  }
})

test('verifyAttestation() refuses members of another form, missing ones and unknown ones', () => {
  const changes: readonly Readonly<Record<string, unknown>>[] = [
    { module_id: undefined },
    { module_id: '' },
    { module_id: 'i-1\n' },
    { module_id: 'i'.repeat(256) },
    { pcrs: undefined, nitrotpm_pcrs: new Map([[24, Buffer.alloc(48)]]) },
    { digest: 'SHA256' },
    { timestamp: 0 },
    { timestamp: 'now' },
    { pcrs: new Map() },
    { pcrs: new Map([[0, Buffer.alloc(20)]]) },
    { pcrs: new Map([[32, Buffer.alloc(48)]]) },
    { pcrs: new Map([['0', Buffer.alloc(48)]]) },
    { pcrs: undefined },
    { nitrotpm_pcrs: new Map([[4, Buffer.alloc(48)]]) },
    { certificate: Buffer.alloc(0) },
    { cabundle: [] },
    { cabundle: [Buffer.alloc(1_025)] },
    { public_key: Buffer.alloc(1_025) },
    { nonce: 'text' },
    { __proto__2: 1 },
  ]

  for (const change of changes) assert.equal(verified(enclave.attest(now, change)), 'malformed', JSON.stringify(change))
})

test('verifyAttestation() refuses a register that is given twice', () => {
  const pcrs = Buffer.concat([
    Buffer.from([0xa2]),
    ...[1, 2].map(fill => Buffer.concat([Buffer.from([0x00, 0x58, 48]), Buffer.alloc(48, fill)])),
  ])
  const [, , payload] = decode(enclave.attest(now, { pcrs: 'HERE' })) as Uint8Array[]
  const at = Buffer.from(payload!).indexOf(Buffer.from(encode('HERE')))

  const twice = Buffer.concat([payload!.subarray(0, at), pcrs, payload!.subarray(at + encode('HERE').length)])

  assert.equal(verified(signDocument(twice, hardware.signer)), 'malformed')
})

test('verifyAttestation() wants a public key for the answer: RSA of 2048 to 4096 bits, and nothing else', () => {
  const keyOf = (type: 'rsa' | 'ec', options: object): Buffer =>
    generateKeyPairSync(type as 'rsa', options as { modulusLength: number }).publicKey.export({
      format: 'der',
      type: 'spki',
    })
  const good = keyOf('rsa', { modulusLength: 2_048 })

  for (const key of [
    null,
    keyOf('rsa', { modulusLength: 1_024 }),
    keyOf('rsa', { modulusLength: 2_048, publicExponent: 3 }),
    keyOf('ec', { namedCurve: 'P-384' }),
    Buffer.concat([good, Buffer.from([0])]),
    Buffer.from('no key'),
  ]) {
    assert.equal(verified(enclave.attest(now, { public_key: key })), 'no-public-key')
  }
})

test('verifyAttestation() refuses deep nesting and huge claims of length at once', () => {
  const deep = Buffer.alloc(32_000, 0x81)
  const huge = Buffer.from('9bffffffffffffffff', 'hex')

  assert.equal(verified(deep), 'malformed')
  assert.equal(verified(huge), 'malformed')
  assert.equal(verified(Buffer.alloc(262_144, 0x81)), 'malformed')
})

test('encryptForRecipient() writes what OpenSSL decrypts with the private key, and what the parser of the Nitro Enclaves SDK walks', () => {
  const attestation = verified(enclave.attest(now))
  assert.ok(typeof attestation !== 'string')
  const plaintext = Buffer.from('a data key, 32 bytes of it here.')

  const message = encryptForRecipient(attestation.publicKey, plaintext, systemRandom)

  const folder = mkdtempSync(join(tmpdir(), 'postern-cms-'))
  try {
    writeFileSync(join(folder, 'key.pem'), enclave.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    writeFileSync(join(folder, 'message'), message)
    const words = ['cms', '-decrypt', '-inform', 'DER', '-in', 'message', '-inkey', 'key.pem', '-binary']
    assert.deepEqual(execFileSync('openssl', words, { cwd: folder }), plaintext)
  } finally {
    rmSync(folder, { recursive: true })
  }
  // Indefinite lengths where that parser only steps into an element, with its version 2 and key transport.
  assert.match(message.toString('hex'), /^308006092a864886f70d010703a0803080020102318201/)
  assert.match(message.toString('hex'), /308006092a864886f70d010701301d060960864801650304012a0410.{32}a08004/)
  assert.match(message.toString('hex'), /0000000000000000$/)
})

/** The same document, with a map of indefinite length. */
function withIndefiniteMap(document: Buffer): Buffer {
  const [, , payload] = decode(document) as Uint8Array[]
  assert.equal(payload![0], 0xa9)
  const indefinite = Buffer.concat([Buffer.of(0xbf), payload!.subarray(1), Buffer.of(0xff)])
  return signDocument(new Uint8Array(indefinite), hardware.signer)
}

test('verifyAttestation() believes a document whose map has an indefinite length, as newer hypervisors write it', () => {
  assert.ok(typeof verified(withIndefiniteMap(enclave.attest(now))) !== 'string')
})

test('verifyAttestation() refuses a map of indefinite length with a member twice, without an end, and around the message', () => {
  const document = enclave.attest(now)
  const [, , payload] = decode(document) as Uint8Array[]
  const inside = payload!.subarray(1)
  const twice = [Buffer.of(0xbf), inside, encode('digest'), encode('SHA384'), Buffer.of(0xff)]
  const endless = [Buffer.of(0xbf), inside]
  const sign = (parts: readonly Uint8Array[]) => signDocument(new Uint8Array(Buffer.concat(parts)), hardware.signer)

  assert.equal(verified(sign(twice)), 'malformed')
  assert.equal(verified(sign(endless)), 'malformed')
  assert.equal(document[0], 0x84)
  assert.equal(verified(Buffer.concat([Buffer.of(0x9f), document.subarray(1), Buffer.of(0xff)])), 'malformed')
})

test('verifyAttestation() refuses a certificate on another curve, with another hash or with an unknown critical extension, and a chain that is too long', async () => {
  const usage = (flags: number) => new KeyUsagesExtension(flags, true)
  const document = [new BasicConstraintsExtension(false, undefined, true), usage(KeyUsageFlags.digitalSignature)]
  const critical = new Extension('1.3.6.1.4.1.99999.1', true, Uint8Array.of(5, 0).buffer)
  const limited = [new BasicConstraintsExtension(false, 0, true), usage(KeyUsageFlags.digitalSignature)]
  const onP256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-384' }
  const withSha256 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' }

  for (const leaf of [
    { extensions: [...document, critical] },
    { extensions: limited },
    { extensions: document, algorithm: withSha256 },
  ]) {
    const bad = await makeHardware(now, { leaf })
    assert.equal(verified(startEnclave(bad).attest(now), { roots: [bad.rootDer], now }), 'untrusted')
  }
  const weak = await makeHardware(now, { authority: { algorithm: onP256 } })
  assert.equal(verified(startEnclave(weak).attest(now), { roots: [weak.rootDer], now }), 'untrusted')
  const root = hardware.caBundle[0]!
  const long = enclave.attest(now, { cabundle: Array.from({ length: 8 }, () => root) })
  assert.equal(verified(long), 'untrusted')
})

test('encryptForRecipient() names the recipient with 32 bytes, as AWS does, and a 4096-bit key’s PKCS #8 fits the answer', () => {
  const attestation = verified(enclave.attest(now))
  assert.ok(typeof attestation !== 'string')

  const message = encryptForRecipient(attestation.publicKey, Buffer.alloc(2_400), systemRandom)

  assert.match(message.toString('hex'), /^308006092a864886f70d010703a08030800201023182016b308201670201028020/)
  assert.ok(message.length <= 6_144)
})
