import { permittedNames } from '../../network/index.ts'
import type { CertificateIssuer, CertificateNames, IssuedCertificate } from '../../network/index.ts'
import type { OwnCertificates } from './own-certificates.ts'

/**
 * What doors are certified with where nobody asks for a name: an own certificate of the operator's that is for all addresses by
 * which the door is reached, else one of the installation's authority. Names that clients ask for are served with the operator's by
 * `OwnCertificates.contextOf`, and with this one where he has none.
 */
export class DoorCertificates implements CertificateIssuer {
  readonly #own: OwnCertificates
  readonly #authority: CertificateIssuer
  readonly #report: (message: string, details: object) => void
  /** Lists of names that were reported. */
  readonly #reported = new Set<string>()

  constructor(own: OwnCertificates, authority: CertificateIssuer, report: (message: string, details: object) => void) {
    this.#own = own
    this.#authority = authority
    this.#report = report
  }

  /** Both only grow. */
  get generation(): number {
    return this.#own.generation + this.#authority.generation
  }

  permits(host: string): boolean {
    return this.#authority.permits(host)
  }

  async issue(names: CertificateNames): Promise<IssuedCertificate> {
    const { generation } = this
    this.#reportUncovered(names)
    const own = this.#own.findForAddresses(names.reachedAt ?? names.addresses)
    if (own !== undefined) return { key: own.key, cert: own.cert, expiresAt: own.expiresAt, generation }
    return { ...(await this.#authority.issue(permittedNames(names, this.#authority))), generation }
  }

  /** The operator may not know that a certificate of his own lacks a name. */
  #reportUncovered({ dnsNames, addresses, reachedAt = addresses }: CertificateNames): void {
    if (this.#own.isEmpty) return
    const names = dnsNames.filter(
      name => name !== 'localhost' && this.#own.find(name.replace('*.', 'any.')) === undefined,
    )
    const hasAddresses = this.#own.findForAddresses(reachedAt) !== undefined
    const uncovered = [...names, ...(hasAddresses ? [] : reachedAt.filter(address => !isLoopback(address)))]
    const key = `${this.#own.generation} ${uncovered.join()}`
    if (uncovered.length === 0 || this.#reported.has(key)) return
    this.#reported.add(key)
    this.#report('The operator’s certificates are not for these names: they are served with one of the own authority', {
      names: uncovered,
    })
  }
}

// No authority certifies these to anybody.
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'
