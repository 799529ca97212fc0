import { createHmac, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SecretBytes } from '../base/index.ts'

/** What a signing key is good for: one day, one Region, one service. */
export interface SigningScope {
  /** YYYYMMDD. */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** Derives the signing key of Signature Version 4 from a secret access key. */
export function deriveSigningKey(secret: SecretBytes, { date, region, service }: SigningScope): KeyObject {
  const start = keyOf(Buffer.concat([Buffer.from('AWS4'), secret.exposeBytes()]))
  return [date, region, service, 'aws4_request'].reduce(
    (key, text) => keyOf(createHmac('sha256', key).update(text).digest()),
    start,
  )
}

/** Wipes the bytes. Node 24 uses a key object in a fifth of the time that it takes with bytes. */
function keyOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

const keysPerCredential = 32

/**
 * Keeps derived signing keys with the credential that they come from, as long as that very object lives: a credential that was
 * changed or removed is another object or none, so its signing keys die with it.
 */
export class SigningKeyCache {
  readonly #keys = new WeakMap<object, Map<string, KeyObject>>()

  get(credential: { readonly secret: SecretBytes }, scope: SigningScope): KeyObject {
    let keys = this.#keys.get(credential)
    if (keys === undefined) {
      keys = new Map()
      this.#keys.set(credential, keys)
    }
    const name = `${scope.date}/${scope.region}/${scope.service}`
    let key = keys.get(name)
    if (key === undefined) {
      if (keys.size >= keysPerCredential) keys.clear()
      key = deriveSigningKey(credential.secret, scope)
      keys.set(name, key)
    }
    return key
  }
}
