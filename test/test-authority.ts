// A certificate authority as companies have one, for certificates of the operator's own.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509'
import type { X509Certificate } from '@peculiar/x509'
import { dayMillis } from '../src/base/index.ts'

cryptoProvider.set(webcrypto)

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) }

export interface TestCertificate {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

export interface TestCertificateOptions {
  readonly dnsNames?: readonly string[]
  readonly addresses?: readonly string[]
  /** From now. */
  readonly beginsInDays?: number
  readonly endsInDays?: number
  readonly usages?: readonly string[]
  /** An RSA key of so many bits instead of one on P-256. */
  readonly rsaBits?: number
}

export interface TestAuthority {
  /** PEM. */
  readonly root: string
  readonly intermediate: string
  /** Issues a certificate by the intermediate authority. */
  issue(options: TestCertificateOptions): Promise<TestCertificate>
}

/** Makes a root authority and one below it, which issues. */
export async function makeTestAuthority(): Promise<TestAuthority> {
  const times = { notBefore: new Date(Date.now() - dayMillis), notAfter: new Date(Date.now() + 900 * dayMillis) }
  const rootKeys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])
  const signing = new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Company Root',
    keys: rootKeys,
    signingAlgorithm: ecdsa,
    extensions: [new BasicConstraintsExtension(true, 1, true), signing],
    ...times,
  })
  const intermediate = await X509CertificateGenerator.create({
    subject: 'CN=Company Servers',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: ecdsa,
    extensions: [new BasicConstraintsExtension(true, 0, true), signing],
    ...times,
  })
  return {
    root: pemOf(root),
    intermediate: pemOf(intermediate),
    issue: options => issue(intermediate, keys.privateKey, options),
  }
}

async function issue(
  issuer: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  options: TestCertificateOptions,
): Promise<TestCertificate> {
  const { dnsNames = [], addresses = [], beginsInDays = -1, endsInDays = 90, usages, rsaBits } = options
  const algorithm = rsaBits === undefined ? ecdsa : { ...rsa, modulusLength: rsaBits }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const names = [
    ...dnsNames.map(value => ({ type: 'dns' as const, value })),
    ...addresses.map(value => ({ type: 'ip' as const, value })),
  ]
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=server',
    issuer: issuer.subject,
    notBefore: new Date(Date.now() + beginsInDays * dayMillis),
    notAfter: new Date(Date.now() + endsInDays * dayMillis),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ecdsa,
    extensions: [
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      ...(usages === undefined ? [] : [new ExtendedKeyUsageExtension([...usages])]),
    ],
  })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: pemOf(certificate), key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` }
}

const pemOf = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`
