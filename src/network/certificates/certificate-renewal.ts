import type { Server } from 'node:https'
import { dayMillis, hourMillis } from '../../base/index.ts'
import type { Clock, Instant } from '../../base/index.ts'
import { permittedNames } from './certificate-issuer.ts'
import type { CertificateIssuer, CertificateNames, IssuedCertificate } from './certificate-issuer.ts'

/** A certificate is renewed when so many days are left of it. */
const renewalDays = 30

/** Who issues new certificates, and how servers get them. */
export interface CertificateRenewalOptions {
  readonly authority: CertificateIssuer
  readonly clock: Clock
  /** Gives a server a certificate for the connections to come; those that are open go on. */
  readonly apply: (server: Server, certificate: IssuedCertificate) => void
  readonly report: (message: string, details: object) => void
}

interface Followed {
  readonly names: CertificateNames
  certificate: Pick<IssuedCertificate, 'expiresAt' | 'generation'>
}

/** Renews the certificates of listening servers before they end, and when their issuer says that it has others. */
export class CertificateRenewal implements Disposable {
  readonly #options: CertificateRenewalOptions
  readonly #followed = new Map<Server, Followed>()
  readonly #timer: NodeJS.Timeout

  constructor(options: CertificateRenewalOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.renewDue(), hourMillis)
    this.#timer.unref()
  }

  /** Looks after a server's certificate from now on, until the server closes. */
  follow(server: Server, names: CertificateNames, certificate: IssuedCertificate): void {
    const followed = { names, certificate }
    this.#followed.set(server, followed)
    server.once('close', () => this.#followed.delete(server))
    // The issuer may have changed while the door was being opened.
    if (certificate.generation !== this.#options.authority.generation) void this.#renew(server, followed)
  }

  /** Renews what ends within thirty days or is out of date; what can't be renewed now is tried again an hour later. */
  async renewDue(): Promise<void> {
    const now = this.#options.clock.now()
    for (const [server, followed] of this.#followed) {
      if (this.#isDue(followed, now)) await this.#renew(server, followed)
    }
  }

  #isDue({ certificate }: Followed, now: Instant): boolean {
    const { generation } = this.#options.authority
    return certificate.generation !== generation || certificate.expiresAt - now <= renewalDays * dayMillis
  }

  async #renew(server: Server, followed: Followed): Promise<void> {
    const { authority, apply, report } = this.#options
    try {
      const certificate = await authority.issue(permittedNames(followed.names, authority))
      apply(server, certificate)
      followed.certificate = certificate
    } catch (error) {
      report('Cannot renew a certificate; it is tried again', { names: followed.names, err: error })
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
