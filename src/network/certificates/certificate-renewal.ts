import type { Server } from 'node:https'
import { dayMillis, hourMillis } from '../../base/index.ts'
import type { Clock } from '../../base/index.ts'
import { renewalDays } from './certificate-authority.ts'
import type { CertificateAuthority, CertificateNames, IssuedCertificate } from './certificate-authority.ts'

/** Who issues new certificates, and how servers get them. */
export interface CertificateRenewalOptions {
  readonly authority: Pick<CertificateAuthority, 'issue'>
  readonly clock: Clock
  /** Gives a server a certificate for the connections to come; those that are open go on. */
  readonly apply: (server: Server, certificate: IssuedCertificate) => void
  readonly report: (message: string, details: object) => void
}

interface Followed {
  readonly names: CertificateNames
  expiresAt: number
}

/** Renews the certificates of listening servers before they end. */
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
  follow(server: Server, names: CertificateNames, { expiresAt }: IssuedCertificate): void {
    this.#followed.set(server, { names, expiresAt })
    server.once('close', () => this.#followed.delete(server))
  }

  /** Renews what ends within thirty days; what can't be renewed now is tried again an hour later. */
  async renewDue(): Promise<void> {
    const { authority, clock, apply, report } = this.#options
    for (const [server, followed] of this.#followed) {
      if (followed.expiresAt - clock.now() > renewalDays * dayMillis) continue
      try {
        const certificate = await authority.issue(followed.names)
        apply(server, certificate)
        followed.expiresAt = certificate.expiresAt
      } catch (error) {
        report('Cannot renew a certificate; it is tried again', { names: followed.names, err: error })
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
