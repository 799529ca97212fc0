import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { SecretBytes, dayMillis, hourMillis, secondMillis } from '../../base/index.ts'
import type { Clock, Instant, Random } from '../../base/index.ts'
import type { KeyRing } from '../../seal/index.ts'
import type { AuthorityValue } from './authority-records.ts'
import { encodeConstraints, nameConstraintsOid, permittedFor } from './name-constraints.ts'
import { newSerial, signingAlgorithm } from './signing.ts'

const keyBinding = ['certificate authority']
const authorityDays = 3_650

/** What making an authority needs. Hosts and Regions settle what it may ever serve. */
export interface NewAuthorityOptions {
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly random: Random
  /** Hosts of the public door: names or addresses. */
  readonly publicHosts: readonly string[]
  readonly regions: readonly string[]
  /** The authority that it is to follow: certificates are told apart by when they begin. */
  readonly follows?: AuthorityValue | undefined
}

/**
 * Makes an authority with a key of its own. It is constrained in names and addresses to what it may ever serve (RFC 5280
 * section 4.2.1.10), so that trusting it is not trusting it with everything.
 */
export async function makeAuthority(options: NewAuthorityOptions): Promise<AuthorityValue> {
  const { keyRing, clock, random, publicHosts, regions, follows } = options
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
  const permitted = permittedFor(regions, publicHosts)
  const now = clock.now()
  const earliest = follows === undefined ? 0 : beginOf(follows) + secondMillis
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(random),
    name: `CN=Postern ${random(4).toString('hex')}`,
    notBefore: new Date(Math.max(now - hourMillis, earliest)),
    notAfter: new Date(now + authorityDays * dayMillis),
    keys,
    signingAlgorithm,
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
  return { certificatePem: `${certificate.toString('pem')}\n`, wrappedKey, ...permitted }
}

const beginOf = ({ certificatePem }: AuthorityValue): Instant => new X509Certificate(certificatePem).notBefore.getTime()

/** The key of an authority: it can be used in this process, and not be read out. */
export async function openAuthorityKey({ wrappedKey }: AuthorityValue, keyRing: KeyRing): Promise<webcrypto.CryptoKey> {
  const secret = keyRing.unwrap(wrappedKey, keyBinding)
  try {
    return await webcrypto.subtle.importKey('pkcs8', secret.exposeBytes(), signingAlgorithm, false, ['sign'])
  } finally {
    secret.wipe()
  }
}
