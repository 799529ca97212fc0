import 'reflect-metadata'
import { X509Certificate as NodeCertificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { NameConstraints } from '@peculiar/asn1-x509'
import { X509Certificate } from '@peculiar/x509'
import type { Instant } from '../../base/index.ts'
import { nameConstraintsOid } from './name-constraints.ts'
import type { Permitted } from './name-constraints.ts'

/** An authority as its certificate tells of it. */
export interface DescribedAuthority extends Permitted {
  readonly role: 'issuing' | 'staged' | 'former'
  readonly subject: string
  /** SHA-256, as tools print it: pairs of hexadecimal digits with colons. */
  readonly fingerprint: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly pem: string
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g

/** The certificates of a PEM text, each for itself. */
export function splitPem(text: string): readonly string[] {
  return text.match(certificatePattern) ?? []
}

/**
 * Reads the authorities of a `ca.pem`. The first is the one that issues; one that was made after it is staged.
 *
 * @throws {Error} for a text that is no such file.
 */
export function describeAuthorities(text: string): readonly DescribedAuthority[] {
  const certificates = splitPem(text).map(pem => ({ pem, certificate: new NodeCertificate(pem) }))
  const [issuing] = certificates
  if (issuing === undefined) throw new TypeError('There is no certificate')
  const madeAt = issuing.certificate.validFromDate.getTime()
  return certificates.map(({ pem, certificate }) => {
    const notBefore = certificate.validFromDate.getTime()
    const other = notBefore > madeAt ? 'staged' : 'former'
    return {
      role: pem === issuing.pem ? 'issuing' : other,
      subject: certificate.subject,
      fingerprint: certificate.fingerprint256,
      notBefore,
      notAfter: certificate.validToDate.getTime(),
      ...readConstraints(pem),
      pem,
    }
  })
}

function readConstraints(pem: string): Permitted {
  const extension = new X509Certificate(pem).getExtension(nameConstraintsOid)
  if (extension === null) return { permittedNames: [], permittedBlocks: [] }
  const trees = [...(AsnConvert.parse(extension.value, NameConstraints).permittedSubtrees ?? [])]
  return {
    permittedNames: trees.flatMap(({ base }) => (base.dNSName === undefined ? [] : [base.dNSName])),
    permittedBlocks: trees.flatMap(({ base }) => (base.iPAddress === undefined ? [] : [base.iPAddress])),
  }
}
