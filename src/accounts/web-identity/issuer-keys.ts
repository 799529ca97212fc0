import { createLocalJWKSet, errors } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import { minuteMillis, secondMillis } from '../../base/index.ts'
import type { Stopwatch } from '../../base/index.ts'
import type { PublicJwks } from './parse-jwks.ts'

/** Finds the key that a token says it is signed with: only among the issuer's, whatever keys or places the token itself names. */
export type FindKey = JWTVerifyGetKey

/** Where keys are fetched from, of a provider whose keys are. */
export interface KeysPlace {
  readonly issuer: string
  /** Named by the operator; without it the issuer's own document is asked. */
  readonly jwksUrl?: string | undefined
  /** Certificates, PEM, that the server's may be issued by, beside those that this machine trusts. */
  readonly authorities?: string | undefined
}

/** Fetches the keys of an issuer; what it throws tells the operator what is wrong. */
export type FetchKeys = (place: KeysPlace) => Promise<PublicJwks>

/** The keys of an issuer cannot be had: they could not be fetched, and none are held. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/** Keys that never change. */
export function fixedKeys(jwks: PublicJwks): FindKey {
  return createLocalJWKSet({ keys: jwks.keys.map(key => ({ ...key })) })
}

// Fetched keys are used for so long before they are fetched again.
const freshMillis = 10 * minuteMillis
// And for so long where they can't be: an issuer that is down for an hour stops nobody.
const keptMillis = 60 * minuteMillis
// Between two fetches, whatever tokens ask for: anybody can name a key that does not exist.
const restMillis = 30 * secondMillis
// The same where there are no keys yet, so that the next caller need not wait long for an issuer that is back.
const shortRestMillis = 5 * secondMillis

interface HeldKeys {
  readonly find: FindKey
  readonly fetchedAt: number
}

/** Keys that are fetched, kept for a time, and fetched again when a token names an unknown one; one fetch at a time. */
export class FetchedKeys {
  readonly #fetch: () => Promise<PublicJwks>
  readonly #stopwatch: Stopwatch
  #held: HeldKeys | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  #running: Promise<HeldKeys> | undefined

  /** Whoever gives `fetch` tells the operator of its failures: callers only see that there are no keys. */
  constructor(fetch: () => Promise<PublicJwks>, stopwatch: Stopwatch) {
    this.#fetch = fetch
    this.#stopwatch = stopwatch
  }

  /** @throws {KeysUnavailable} */
  readonly find: FindKey = async (header, token) => {
    const held = await this.#current()
    try {
      return await held.find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      const newer = await this.#newerThan(held)
      if (newer === undefined) throw error
      return newer.find(header, token)
    }
  }

  async #current(): Promise<HeldKeys> {
    const held = this.#held
    if (held !== undefined && this.#ageOf(held) < freshMillis) return held
    if (this.#running !== undefined || this.#mayFetch()) {
      try {
        return await this.#fetchOnce()
      } catch (cause) {
        return this.#keptOr(cause)
      }
    }
    return this.#keptOr(undefined)
  }

  #keptOr(cause: unknown): HeldKeys {
    if (this.#held !== undefined && this.#ageOf(this.#held) < keptMillis) return this.#held
    throw new KeysUnavailable('The keys of the issuer cannot be fetched', { cause })
  }

  /** Keys that were fetched after these; `undefined` where there are none. */
  async #newerThan(held: HeldKeys): Promise<HeldKeys | undefined> {
    if (this.#held === held && (this.#running !== undefined || this.#mayFetch())) {
      try {
        return await this.#fetchOnce()
      } catch {
        // The operator has been told; the key stays unknown.
        return undefined
      }
    }
    return this.#held === held ? undefined : this.#held
  }

  #ageOf(held: HeldKeys): number {
    return this.#stopwatch() - held.fetchedAt
  }

  #mayFetch(): boolean {
    return this.#stopwatch() - this.#triedAt >= (this.#held === undefined ? shortRestMillis : restMillis)
  }

  #fetchOnce(): Promise<HeldKeys> {
    this.#running ??= this.#fetchNow().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #fetchNow(): Promise<HeldKeys> {
    try {
      const find = fixedKeys(await this.#fetch())
      this.#held = { find, fetchedAt: this.#stopwatch() }
      return this.#held
    } finally {
      // At its end: an issuer that hangs is let alone for a time too.
      this.#triedAt = this.#stopwatch()
    }
  }
}
