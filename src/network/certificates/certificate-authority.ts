import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { getCACertificates } from 'node:tls'
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
import { ConfigError, SecretBytes, dayMillis, hourMillis } from '../../base/index.ts'
import type { Clock, Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { put } from '../../storage/index.ts'
import type { Collection, Store } from '../../storage/index.ts'
import { encodeConstraints, permits, permittedFor } from './name-constraints.ts'
import type { Permitted } from './name-constraints.ts'

cryptoProvider.set(webcrypto)

interface AuthorityValue extends Permitted {
  readonly certificatePem: string
  /** PKCS #8, wrapped. */
  readonly wrappedKey: string
}

const authorityCollection: Collection<AuthorityValue> = { name: 'network.authority', indexes: {} }
const authorityId = 'authority'
const keyBinding = ['certificate authority']
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const nameConstraintsOid = '2.5.29.30'

const authorityDays = 3_650
const leafDays = 90
/** A leaf is renewed when so many days are left of it. */
export const renewalDays = 30

/** A key and its certificate, as TLS takes them. The key is a secret. Clients have the authority's own: it is not sent along. */
export interface IssuedCertificate {
  readonly key: string
  readonly cert: string
  readonly expiresAt: number
}

/** What a server certificate is good for: DNS names, also with `*.` before them, and IP addresses. */
export interface CertificateNames {
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
}

/** What `openCertificateAuthority` needs. Host and Regions settle what an authority that is made now may ever serve. */
export interface AuthorityOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly random: Random
  /** Host of the public door: a name or an address. */
  readonly publicHost: string
  /** The Regions that are served. */
  readonly regions: readonly string[]
}

/**
 * Opens the installation's own certificate authority, made at first start. It is constrained in names and addresses to what
 * it may ever serve (RFC 5280 section 4.2.1.10), so that trusting it is not trusting it with everything.
 *
 * @throws {ConfigError} where the public host or a Region is none that it may serve.
 */
export async function openCertificateAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { store, keyRing } = options
  const record = await store.get(authorityCollection, authorityId)
  const value = record?.value ?? (await createAuthority(options))
  requirePermitted(value, options)
  const secret = keyRing.unwrap(value.wrappedKey, keyBinding)
  const key = await webcrypto.subtle.importKey('pkcs8', secret.exposeBytes(), algorithm, false, ['sign'])
  secret.wipe()
  return new CertificateAuthority(value, key, options)
}

function requirePermitted(value: Permitted, { publicHost, regions }: AuthorityOptions): void {
  if (!permits(value, publicHost)) {
    throw new ConfigError(
      `The certificate authority may not serve "${publicHost}": it was made for AWS's names, localhost, the host of the first start and ${value.permittedBlocks.join(', ')}. Choose such a host with --api`,
    )
  }
  const unknown = regions.find(region => !permits(value, `kms.${region}.amazonaws.com`))
  if (unknown !== undefined) {
    throw new ConfigError(
      `The certificate authority may not serve Region "${unknown}": it was made for the Regions that AWS had and those of the first start. Leave it out of --region, or serve it with a server that has a data directory of its own`,
    )
  }
}

async function createAuthority({
  store,
  keyRing,
  clock,
  random,
  publicHost,
  regions,
}: AuthorityOptions): Promise<AuthorityValue> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const permitted = permittedFor(regions, publicHost)
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
      new Extension(nameConstraintsOid, true, encodeConstraints(permitted)),
    ],
  })
  const pkcs8 = new SecretBytes(Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)))
  const wrappedKey = keyRing.wrap(pkcs8, keyBinding)
  pkcs8.wipe()
  const value: AuthorityValue = {
    certificatePem: `${certificate.toString('pem')}\n`,
    wrappedKey,
    ...permitted,
  }
  await store.commit({ writes: [put(authorityCollection, authorityId, value, 'absent')] })
  return value
}

// Positive, and with more than enough randomness (CA/Browser Forum: 64 bits).
function newSerial(random: Random): string {
  const bytes = random(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

/** An open certificate authority. Its private key can be used in this process, and not be read out. */
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
      cert: `${certificate.toString('pem')}\n`,
      expiresAt,
    }
  }
}
