/** A key and its certificate, as TLS takes them. The key is a secret. */
export interface IssuedCertificate {
  readonly key: string
  readonly cert: string
  readonly expiresAt: number
  /** That of its issuer when it was issued. */
  readonly generation: number
}

/** What a server certificate is good for: DNS names, also with `*.` before them, and IP addresses. */
export interface CertificateNames {
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
  /** The addresses by which clients get there, where those are not all. */
  readonly reachedAt?: readonly string[]
}

/** Where doors get their certificates from. */
export interface CertificateIssuer {
  /** Changes when certificates that were issued before should be replaced by new ones. */
  readonly generation: number
  /** Whether a name or address is one that it may certify. */
  permits(host: string): boolean
  /** Gives a server certificate and its key. */
  issue(names: CertificateNames): Promise<IssuedCertificate>
}

/** Those of some names and addresses that an issuer may certify: with a single other one clients refuse all of it. */
export function permittedNames(names: CertificateNames, issuer: CertificateIssuer): CertificateNames {
  const { dnsNames, addresses } = names
  const permits = (host: string): boolean => issuer.permits(host.replace(/^\*\./, ''))
  return { ...names, dnsNames: dnsNames.filter(permits), addresses: addresses.filter(permits) }
}
