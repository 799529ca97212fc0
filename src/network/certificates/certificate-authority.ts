import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import { AsnConvert } from '@peculiar/asn1-schema'
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509'
import ipaddr from 'ipaddr.js'
import { ConfigError, SecretBytes, dayMillis, hourMillis } from '../../base/index.ts'
import type { Clock, Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { put } from '../../storage/index.ts'
import type { Collection, Store } from '../../storage/index.ts'

cryptoProvider.set(webcrypto)

interface AuthorityValue {
  readonly certificatePem: string
  /** PKCS #8, wrapped. */
  readonly wrappedKey: string
  readonly permittedNames: readonly string[]
  readonly permittedBlocks: readonly string[]
}

const authorityCollection: Collection<AuthorityValue> = { name: 'network.authority', indexes: {} }
const authorityId = 'authority'
const keyBinding = ['certificate authority']
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const nameConstraintsOid = '2.5.29.30'

const standardNames = ['amazonaws.com', 'localhost']
const standardBlocks = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128']

const authorityDays = 3_650
const leafDays = 90
/** A leaf is renewed when so many days are left of it. */
export const renewalDays = 30

/** A key and its certificate chain, as TLS takes them. The key is a secret. */
export interface IssuedCertificate {
  readonly key: string
  readonly cert: string
  readonly expiresAt: number
}

export interface CertificateNames {
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
}

export interface AuthorityOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly random: Random
  /** Host of the public door: a name or an address. */
  readonly publicHost: string
}

/**
 * Opens the installation's own certificate authority, made at first start. It is constrained in names and addresses to what
 * it may ever serve (RFC 5280 section 4.2.1.10), so that trusting it is not trusting it with everything.
 *
 * @throws {ConfigError} where the public host is none that it may serve.
 */
export async function openCertificateAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { store, keyRing, publicHost } = options
  const record = await store.get(authorityCollection, authorityId)
  const value = record?.value ?? (await createAuthority(options))
  if (!permits(value, publicHost)) {
    throw new ConfigError(
      `The certificate authority may not serve "${publicHost}": it was made for ${[...value.permittedNames, ...value.permittedBlocks].join(', ')}. Choose such a host with --api`,
    )
  }
  const secret = keyRing.unwrap(value.wrappedKey, keyBinding)
  const key = await webcrypto.subtle.importKey('pkcs8', secret.exposeBytes(), algorithm, false, ['sign'])
  secret.wipe()
  return new CertificateAuthority(value, key, options)
}

async function createAuthority({
  store,
  keyRing,
  clock,
  random,
  publicHost,
}: AuthorityOptions): Promise<AuthorityValue> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const isAddress = isIP(publicHost) !== 0
  const permittedNames = isAddress ? standardNames : [...new Set([...standardNames, publicHost.toLowerCase()])]
  const block = isAddress ? `${publicHost}/${isIP(publicHost) === 4 ? 32 : 128}` : undefined
  const isCovered = block === undefined || standardBlocks.some(known => blockHolds(known, publicHost))
  const permittedBlocks = isCovered ? standardBlocks : [...standardBlocks, block]
  const now = clock.now()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(random),
    name: `CN=Postern ${random(4).toString('hex')}`,
    notBefore: new Date(now - hourMillis),
    notAfter: new Date(now + authorityDays * dayMillis),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new Extension(nameConstraintsOid, true, encodeConstraints(permittedNames, permittedBlocks)),
    ],
  })
  const pkcs8 = new SecretBytes(Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)))
  const wrappedKey = keyRing.wrap(pkcs8, keyBinding)
  pkcs8.wipe()
  const value: AuthorityValue = {
    certificatePem: `${certificate.toString('pem')}\n`,
    wrappedKey,
    permittedNames,
    permittedBlocks,
  }
  await store.commit({ writes: [put(authorityCollection, authorityId, value, 'absent')] })
  return value
}

function encodeConstraints(names: readonly string[], blocks: readonly string[]): ArrayBuffer {
  const bases = [
    ...names.map(name => new GeneralName({ dNSName: name })),
    ...blocks.map(block => new GeneralName({ iPAddress: block })),
  ]
  const permittedSubtrees = new GeneralSubtrees(bases.map(base => new GeneralSubtree({ base })))
  return AsnConvert.serialize(new NameConstraints({ permittedSubtrees }))
}

function permits({ permittedNames, permittedBlocks }: AuthorityValue, host: string): boolean {
  if (isIP(host) !== 0) return permittedBlocks.some(block => blockHolds(block, host))
  const name = host.toLowerCase()
  return permittedNames.some(permitted => name === permitted || name.endsWith(`.${permitted}`))
}

function blockHolds(block: string, address: string): boolean {
  const parsed = ipaddr.process(address)
  const range = ipaddr.parseCIDR(block)
  return parsed.kind() === range[0].kind() && parsed.match(range)
}

// Positive, and with more than enough randomness (CA/Browser Forum: 64 bits).
function newSerial(random: Random): string {
  const bytes = random(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

export class CertificateAuthority {
  readonly #value: AuthorityValue
  readonly #certificate: X509Certificate
  readonly #key: webcrypto.CryptoKey
  readonly #clock: Clock
  readonly #random: Random

  constructor(value: AuthorityValue, key: webcrypto.CryptoKey, { clock, random }: AuthorityOptions) {
    this.#value = value
    this.#certificate = new X509Certificate(value.certificatePem)
    this.#key = key
    this.#clock = clock
    this.#random = random
  }

  /** The authority's certificate: what clients must trust. */
  get certificatePem(): string {
    return this.#value.certificatePem
  }

  /** The authority and all that this machine trusts, so that other calls of the same shell keep working. */
  bundle(): string {
    const trusted = new Set([...getCACertificates('system'), ...getCACertificates('extra')].map(pem => pem.trim()))
    const others = trusted.size > 0 ? [...trusted] : getCACertificates('bundled')
    return `${this.certificatePem}${others.join('\n')}\n`
  }

  /** Whether a name or address is one that this authority may serve. */
  permits(host: string): boolean {
    return permits(this.#value, host)
  }

  /** Issues a server certificate with a key of its own. */
  async issue({ dnsNames, addresses }: CertificateNames): Promise<IssuedCertificate> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const now = this.#clock.now()
    const expiresAt = now + leafDays * dayMillis
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(this.#random),
      subject: `CN=${dnsNames[0] ?? addresses[0]}`,
      issuer: this.#certificate.subject,
      notBefore: new Date(now - hourMillis),
      notAfter: new Date(expiresAt),
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          ...dnsNames.map(value => ({ type: 'dns' as const, value })),
          ...addresses.map(value => ({ type: 'ip' as const, value })),
        ]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    })
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return {
      key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
      cert: `${certificate.toString('pem')}\n${this.certificatePem}`,
      expiresAt,
    }
  }
}
