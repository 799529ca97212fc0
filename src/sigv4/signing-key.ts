import { createHmac } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'

/** What a signing key is good for: one day, one Region, one service. */
export interface SigningScope {
  /** YYYYMMDD. */
  readonly date: string
  readonly region: string
  readonly service: string
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Derives the signing key of Signature Version 4 from a secret access key. */
export function deriveSigningKey(secret: SecretBytes, { date, region, service }: SigningScope): SecretBytes {
  const start = Buffer.concat([Buffer.from('AWS4'), secret.exposeBytes()])
  const key = hmac(hmac(hmac(hmac(start, date), region), service), 'aws4_request')
  start.fill(0)
  return new SecretBytes(key)
}

const keysPerCredential = 32

/**
 * Keeps derived signing keys with the credential that they come from, as long as that very object lives: a credential that was
 * changed or removed is another object or none, so its signing keys die with it.
 */
export class SigningKeyCache {
  readonly #keys = new WeakMap<object, Map<string, SecretBytes>>()

  get(credential: { readonly secret: SecretBytes }, scope: SigningScope): SecretBytes {
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
