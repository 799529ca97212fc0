// Makes attestation documents as Nitro hardware does, under a root of the test's own.
import 'reflect-metadata'
import { KeyObject, createHash, generateKeyPairSync, sign, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509'
import type { Extension, X509Certificate } from '@peculiar/x509'
import { encode } from 'cborg'

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0])

const standardAlgorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
const hourMillis = 3_600_000

interface Authority {
  readonly certificate: X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

/** What a certificate of a chain may say wrongly. */
export interface CertificateOptions {
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly extensions?: readonly Extension[]
  /** Of its key and of its signature. */
  readonly algorithm?: typeof standardAlgorithm
}

/** Something that signs attestation documents: a root, an authority below it, and the key of one piece of hardware. */
export interface TestHardware {
  /** The root, in PEM. */
  readonly rootPem: string
  readonly rootDer: Buffer
  readonly caBundle: readonly Buffer[]
  readonly certificate: Buffer
  readonly signer: KeyObject
}

/** Makes hardware whose documents are believed by those who trust its root. */
export async function makeHardware(
  now: number,
  options: { readonly authority?: CertificateOptions; readonly leaf?: CertificateOptions } = {},
): Promise<TestHardware> {
  const signsCertificates = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
  const signsDocuments = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  ]
  const root = await issue('test.nitro-enclaves', undefined, now, { extensions: signsCertificates })
  const authority = await issue('test authority', root, now, { extensions: signsCertificates, ...options.authority })
  const leaf = await issue('test hardware', authority, now, { extensions: signsDocuments, ...options.leaf })
  return {
    rootPem: root.certificate.toString('pem'),
    rootDer: Buffer.from(root.certificate.rawData),
    caBundle: [root, authority].map(({ certificate }) => Buffer.from(certificate.rawData)),
    certificate: Buffer.from(leaf.certificate.rawData),
    signer: KeyObject.from(leaf.keys.privateKey),
  }
}

async function issue(
  name: string,
  issuer: Authority | undefined,
  now: number,
  {
    notBefore = new Date(now - hourMillis),
    notAfter = new Date(now + hourMillis),
    extensions = [],
    algorithm = standardAlgorithm,
  }: CertificateOptions,
): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject = `CN=${name}`
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: algorithm.hash },
    extensions: [...extensions],
  })
  return { certificate, keys }
}

/** An attested environment: its key pair for answers, and its documents. */
export interface TestEnclave {
  readonly privateKey: KeyObject
  /** Signs a document now; the given members take the place of the usual ones, `undefined` leaves one out. */
  readonly attest: (now: number, changes?: Readonly<Record<string, unknown>>) => Buffer
}

/** The registers of an enclave made from an image of that name. */
export function measure(image: string): ReadonlyMap<number, Buffer> {
  return new Map([0, 1, 2, 3, 4, 8].map(index => [index, createHash('sha384').update(`${image} ${index}`).digest()]))
}

/** Starts an enclave on that hardware. */
export function startEnclave(hardware: TestHardware, image = 'image'): TestEnclave {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return {
    privateKey,
    attest(now, changes = {}) {
      const members = new Map<string, unknown>([
        ['module_id', 'i-123456789abcde123-enc123456789abcde12'],
        ['digest', 'SHA384'],
        ['timestamp', now],
        ['pcrs', measure(image)],
        ['certificate', hardware.certificate],
        ['cabundle', hardware.caBundle],
        ['public_key', publicKey.export({ format: 'der', type: 'spki' })],
        ['user_data', null],
        ['nonce', null],
      ])
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined) members.delete(name)
        else members.set(name, value)
      }
      return signDocument(encode(members), hardware.signer)
    },
  }
}

/** A COSE_Sign1 message over a payload, untagged as the Nitro Security Module gives it. */
export function signDocument(
  payload: Uint8Array,
  signer: KeyObject,
  { header = new Map([[1, -35]]), unprotected = new Map() }: { header?: unknown; unprotected?: unknown } = {},
): Buffer {
  const protectedHeader = encode(header)
  const signed = encode(['Signature1', protectedHeader, new Uint8Array(), payload])
  const signature = sign('sha384', signed, { key: signer, dsaEncoding: 'ieee-p1363' })
  return Buffer.from(encode([protectedHeader, unprotected, payload, signature]))
}
