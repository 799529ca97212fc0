import type { KeyObject } from 'node:crypto'

/** Secret bytes of a symmetric or an HMAC key, ready for use. */
export interface SecretMaterial {
  readonly kind: 'secret'
  readonly key: KeyObject
}

/** A key pair of an asymmetric key, ready for use. */
export interface KeyPairMaterial {
  readonly kind: 'key-pair'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** What a key works with, by the form that its spec has. */
export type KeyMaterial = SecretMaterial | KeyPairMaterial
