import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Random } from '../base/index.ts'
import { openMessage, sealMessage } from '../crypto/index.ts'
import type { KeyRing } from '../seal/index.ts'

/** What a grant token names. */
export interface NamedGrant {
  readonly region: string
  readonly keyId: string
  readonly grantId: string
}

const label = 'postern grant token 1'
const nothing = Buffer.alloc(0)
const form = /^([a-z0-9-]+)\/([a-z0-9-]+)\/([0-9a-f]{64})$/

/**
 * Makes and reads grant tokens. A token names a grant and is no secret: it gives nothing to whom the grant does not name. Each one is
 * different, and all of one grant are as good as each other.
 */
export class GrantTokens {
  readonly #key: KeyObject

  constructor(keyRing: KeyRing) {
    const secret = keyRing.deriveKey('grant token')
    this.#key = createSecretKey(secret.exposeBytes())
    secret.wipe()
  }

  issue({ region, keyId, grantId }: NamedGrant, random: Random): string {
    const text = Buffer.from(`${region}/${keyId}/${grantId}`)
    return sealMessage(this.#key, label, text, nothing, random).toString('base64')
  }

  /** The grant that a token names, there or not; `undefined` for what no installation of these keys has issued. */
  open(token: string): NamedGrant | undefined {
    const sealed = Buffer.from(token, 'base64')
    // Base64 reads much that it would not write: one token is written in one way.
    if (sealed.toString('base64') !== token) return undefined
    const parts = form.exec(openMessage(this.#key, label, sealed, nothing)?.toString('utf8') ?? '')
    if (parts === null) return undefined
    const [, region = '', keyId = '', grantId = ''] = parts
    return { region, keyId, grantId }
  }
}
