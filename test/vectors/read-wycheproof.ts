import { createECDH } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Of every test. */
interface Judged {
  readonly id: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

/** The tests of each file, its numbers in hexadecimal digits. */
interface WycheproofTests {
  readonly 'rsa-oaep': Record<'message' | 'ciphertext', string>
  readonly 'rsa-pss': Record<'message' | 'signature', string>
  readonly 'ecdsa-p256': Record<'point' | 'message' | 'signature', string>
  readonly ed25519: Record<'publicKey' | 'message' | 'signature', string>
  readonly 'ecdh-p256': Record<'peer' | 'scalar' | 'sharedSecret', string>
  readonly 'aes-kwp': Record<'key' | 'message' | 'wrapped', string>
  readonly 'ml-kem-512': Record<'seed' | 'ciphertext' | 'sharedSecret', string>
}

/** A file of `crypto/wycheproof/`. */
interface WycheproofFile<Name extends keyof WycheproofTests> {
  readonly tests: readonly (Judged & WycheproofTests[Name])[]
  /** PKCS#8 of the key of all tests, where the file has one. */
  readonly privateKey: Name extends 'rsa-oaep' ? string : never
}

export function readWycheproof<Name extends keyof WycheproofTests>(name: Name): WycheproofFile<Name> {
  const file = new URL(`./crypto/wycheproof/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as WycheproofFile<Name>
}

/** The private key on P-256 of that scalar. */
export function scalarJwk(scalar: string): JsonWebKey {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(scalar, 'hex')
  const point = pair.getPublicKey()
  const encode = (bytes: Buffer): string => bytes.toString('base64url')
  return {
    kty: 'EC',
    crv: 'P-256',
    d: encode(Buffer.from(scalar, 'hex')),
    x: encode(point.subarray(1, 33)),
    y: encode(point.subarray(33)),
  }
}
