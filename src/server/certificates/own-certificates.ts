import { readFileSync, statSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import { ConfigError, dayMillis, formatInstant, secondMillis } from '../../base/index.ts'
import type { Clock, Instant } from '../../base/index.ts'
import { parseOwnCertificate, parseOwnKey } from './own-certificate.ts'
import type { NamedText, OwnCertificate } from './own-certificate.ts'

/** Where the operator's own certificates and their keys are: absolute paths. Which key is whose is found by trying. */
export interface OwnCertificateFiles {
  readonly certificates: readonly string[]
  readonly keys: readonly string[]
}

/** What the operator's own certificates need. */
export interface OwnCertificateOptions {
  readonly clock: Clock
  readonly report: (message: string, details: object) => void
}

const lookMillis = 10 * secondMillis
const warnDays = 30
const longestFile = 262_144

/**
 * The operator's own certificates. Their files are read again when they change; as long as what they have can't be used, the
 * certificates of before are.
 */
export class OwnCertificates implements Disposable {
  readonly #files: OwnCertificateFiles
  readonly #options: OwnCertificateOptions
  readonly #listeners: (() => void)[] = []
  readonly #timer: NodeJS.Timeout | undefined
  #certificates: readonly OwnCertificate[]
  #seen: string
  #generation = 0
  #fault: string | undefined
  #warnedAt: Instant | undefined

  /** @throws {ConfigError} where one cannot be used. */
  constructor(files: OwnCertificateFiles, options: OwnCertificateOptions) {
    this.#files = files
    this.#options = options
    this.#seen = stampOf(files)
    this.#certificates = readAll(files, options)
    if (this.#certificates.length === 0) return
    this.#warnOfEnd()
    this.#timer = setInterval(() => this.#look(), lookMillis)
    this.#timer.unref()
  }

  /** Whether the operator has none. */
  get isEmpty(): boolean {
    return this.#certificates.length === 0
  }

  /** Grows when there are others. */
  get generation(): number {
    return this.#generation
  }

  /** Root authorities that the files have. */
  get roots(): readonly string[] {
    return this.#certificates.flatMap(({ roots }) => roots)
  }

  /** When the first of them ends. */
  get firstEnd(): Instant | undefined {
    return this.isEmpty ? undefined : Math.min(...this.#certificates.map(({ expiresAt }) => expiresAt))
  }

  /** Whether a certificate is for exactly this name, not only for all of a domain. */
  isNamed(name: string): boolean {
    return this.#certificates.some(({ dnsNames }) => dnsNames.has(name))
  }

  /** The certificate for a name: rather one that is for exactly this one. Names come from clients: any text. */
  find(name: string): OwnCertificate | undefined {
    const lower = name.toLowerCase()
    const wildcard = lower.replace(/^[^.]+\./, '*.')
    return (
      this.#certificates.find(({ dnsNames }) => dnsNames.has(lower)) ??
      this.#certificates.find(({ dnsNames }) => dnsNames.has(wildcard))
    )
  }

  /** How TLS serves a name that a client asks for; `undefined` where no certificate is for it. */
  contextOf(name: string): SecureContext | undefined {
    return this.find(name)?.context
  }

  /** The certificate that is for all of some addresses. */
  findForAddresses(addresses: readonly string[]): OwnCertificate | undefined {
    return this.#certificates.find(each => addresses.length > 0 && addresses.every(one => each.coversAddress(one)))
  }

  /** Calls the listener when there are other certificates. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Certificates that have ended, and what to do. */
  problems(): readonly string[] {
    const now = this.#options.clock.now()
    return this.#certificates
      .filter(({ expiresAt }) => expiresAt <= now)
      .map(
        ({ file, expiresAt }) => `The certificate in ${file} ended at ${formatInstant(expiresAt)}: put another there`,
      )
  }

  /** Reads the files again; where they can't be used, that is reported, once, and what was there before stays. */
  reread(): void {
    const before = this.#certificates
    this.#seen = stampOf(this.#files)
    try {
      this.#certificates = readAll(this.#files, this.#options)
      this.#fault = undefined
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      if (this.#fault !== error.message)
        this.#options.report('Cannot use the new certificates; those of before stay in use', { reason: error.message })
      this.#fault = error.message
      return
    }
    if (textOf(before) === textOf(this.#certificates)) return
    this.#generation++
    this.#warnedAt = undefined
    this.#warnOfEnd()
    for (const listener of this.#listeners) listener()
  }

  #look(): void {
    if (stampOf(this.#files) !== this.#seen) this.reread()
    this.#warnOfEnd()
  }

  /** Once a day. */
  #warnOfEnd(): void {
    const now = this.#options.clock.now()
    if (this.#warnedAt !== undefined && now - this.#warnedAt < dayMillis) return
    this.#warnedAt = now
    for (const { file, expiresAt } of this.#certificates) {
      if (expiresAt - now > warnDays * dayMillis) continue
      const days = Math.max(0, Math.floor((expiresAt - now) / dayMillis))
      this.#options.report('A certificate ends soon: put another in its file', {
        file,
        endsAt: formatInstant(expiresAt),
        days,
      })
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

const textOf = (certificates: readonly OwnCertificate[]): string => certificates.map(({ cert }) => cert).join()

function readAll(
  { certificates, keys }: OwnCertificateFiles,
  { clock, report }: OwnCertificateOptions,
): readonly OwnCertificate[] {
  const ownKeys = keys.map(file => parseOwnKey(readKey(file, report)))
  const own = certificates.map(file => parseOwnCertificate(readText(file), ownKeys, clock.now()))
  const useless = ownKeys.find(({ key }) => !own.some(each => each.fits(key)))
  if (useless !== undefined) throw new ConfigError(`The key in ${useless.file} fits none of the certificates`)
  return own
}

function readKey(file: string, report: OwnCertificateOptions['report']): NamedText {
  const named = readText(file)
  // A group of the system's for keys is usual; more than that is not.
  if (((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o027) !== 0)
    report('Others may read the key of a certificate, or its group write it: chmod 600 it', { file })
  return named
}

function readText(file: string): NamedText {
  try {
    if (!statSync(file).isFile()) throw new TypeError('It is no file')
    const bytes = readFileSync(file)
    if (bytes.length > longestFile) throw new TypeError(`It has more than ${longestFile} bytes`)
    return { file, text: bytes.toString('latin1') }
  } catch (cause) {
    throw new ConfigError(
      `Cannot read ${file}: certificate and certificate-key must name files that the server may read`,
      {
        cause,
      },
    )
  }
}

/** Differs when a file was written, replaced or given other rights, also where a link leads elsewhere. */
function stampOf({ certificates, keys }: OwnCertificateFiles): string {
  return [...certificates, ...keys].map(stampOfFile).join()
}

function stampOfFile(file: string): string {
  try {
    const { dev, ino, size, ctimeNs } = statSync(file, { bigint: true })
    return `${dev} ${ino} ${size} ${ctimeNs}`
  } catch {
    // Reading it tells why.
    return 'unknown'
  }
}
