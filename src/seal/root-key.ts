import { createSecretKey, hkdfSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { SecretBytes } from '../base/index.ts'

/** The key that everything hangs on. It never prints; `id` tells two of them apart and reveals nothing. */
export interface RootKey {
  readonly key: KeyObject
  /** 16 hexadecimal digits, derived one way from the key. */
  readonly id: string
}

/** Bytes of a root key, wherever it comes from. */
export const rootKeyBytes = 32

/** Makes a root key of its bytes: takes them over and wipes them. */
export function rootKeyOf(secret: SecretBytes): RootKey {
  if (secret.length !== rootKeyBytes) throw new TypeError(`A root key has ${rootKeyBytes} bytes`)
  const bytes = secret.exposeBytes()
  const id = Buffer.from(hkdfSync('sha256', bytes, '', 'postern root key id', 8)).toString('hex')
  const key = createSecretKey(bytes)
  secret.wipe()
  return { key, id }
}
