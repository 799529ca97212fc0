import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { dayMillis, hourMillis } from '../../base/index.ts'
import type { Clock, Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import { put } from '../../storage/index.ts'
import type { Change, Store } from '../../storage/index.ts'
import { requireFor } from './authority-changes.ts'
import {
  authorityCollection,
  formerAuthorityCollection,
  issuingId,
  readAuthorities,
  trustedCertificates,
} from './authority-records.ts'
import type { StoredAuthorities } from './authority-records.ts'
import type { CertificateIssuer, CertificateNames, IssuedCertificate } from './certificate-issuer.ts'
import { makeAuthority, openAuthorityKey } from './make-authority.ts'
import { permits } from './name-constraints.ts'
import { newSerial, signingAlgorithm } from './signing.ts'

const leafDays = 90

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
 * Opens the installation's own certificate authority, made at first start.
 *
 * @throws {ConfigError} where the public host or a Region is none that it may serve.
 */
export async function openCertificateAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { store, publicHost, regions } = options
  let stored = await readAuthorities(store)
  if (stored.issuing === undefined) {
    const made = await makeAuthority({ ...options, publicHosts: [publicHost] })
    await store.commit({ writes: [put(authorityCollection, issuingId, made, 'absent')] })
    stored = await readAuthorities(store)
  }
  requireFor(stored, { publicHost, regions })
  const authority = new CertificateAuthority(await openIssuer(stored, options), options)
  store.onChange(changes => (changes.some(isOfAuthority) ? authority.reread() : undefined))
  return authority
}

const isOfAuthority = ({ collection }: Change): boolean =>
  collection === authorityCollection.name || collection === formerAuthorityCollection.name

interface OpenIssuer {
  readonly stored: StoredAuthorities
  readonly certificate: X509Certificate
  readonly key: webcrypto.CryptoKey
}

async function openIssuer(stored: StoredAuthorities, { keyRing }: AuthorityOptions): Promise<OpenIssuer> {
  const { value } = stored.issuing!
  return {
    stored,
    certificate: new X509Certificate(value.certificatePem),
    key: await openAuthorityKey(value, keyRing),
  }
}

/** An open certificate authority. Its private key can be used in this process, and not be read out. */
export class CertificateAuthority implements CertificateIssuer {
  readonly #options: AuthorityOptions
  readonly #listeners: (() => void | Promise<void>)[] = []
  #open: OpenIssuer
  #generation = 0
  #rereading: Promise<void> = Promise.resolve()

  constructor(open: OpenIssuer, options: AuthorityOptions) {
    this.#open = open
    this.#options = options
  }

  /** What clients must trust, PEM: the certificate of the authority that issues, then of those that will and that did. */
  get certificatePem(): string {
    return trustedCertificates(this.#open.stored, this.#options.clock.now()).join('')
  }

  get generation(): number {
    return this.#generation
  }

  permits(host: string): boolean {
    return permits(this.#open.stored.issuing!.value, host)
  }

  /** Calls the listener after each change of the authorities; the commit that changes them waits for it. */
  onChange(listener: () => void | Promise<void>): void {
    this.#listeners.push(listener)
  }

  /** Takes what the store says now: another authority may issue, others may be trusted. */
  reread(): Promise<void> {
    // One after the other: a read that began before a change must not come in the place of one that began after it.
    const reread = this.#rereading.then(() => this.#readAgain())
    this.#rereading = reread.catch(() => undefined)
    return reread
  }

  async #readAgain(): Promise<void> {
    const stored = await readAuthorities(this.#options.store)
    const isAnother = stored.issuing!.value.certificatePem !== this.#open.stored.issuing!.value.certificatePem
    this.#open = isAnother ? await openIssuer(stored, this.#options) : { ...this.#open, stored }
    if (isAnother) this.#generation++
    for (const listener of this.#listeners) await listener()
  }

  async issue({ dnsNames, addresses }: CertificateNames): Promise<IssuedCertificate> {
    const { clock, random } = this.#options
    const { certificate: authority, key: signingKey } = this.#open
    const generation = this.#generation
    const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
    const now = clock.now()
    const expiresAt = now + leafDays * dayMillis
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(random),
      subject: `CN=${dnsNames[0] ?? addresses[0]}`,
      issuer: authority.subject,
      notBefore: new Date(now - hourMillis),
      notAfter: new Date(expiresAt),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          ...dnsNames.map(value => ({ type: 'dns' as const, value })),
          ...addresses.map(value => ({ type: 'ip' as const, value })),
        ]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    })
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return {
      key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
      cert: `${certificate.toString('pem')}\n`,
      expiresAt,
      generation,
    }
  }
}
