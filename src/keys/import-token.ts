import { SecretBytes, dayMillis } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { openMaterial } from '../crypto/index.ts'
import type { KeyPairMaterial, WrappingAlgorithm } from '../crypto/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { UnwrapError } from '../seal/index.ts'
import type { KeyValue } from './key-records.ts'

/** How material may be encrypted on its way here. A token has the place of one in this list: new ones go to its end. */
export const wrappingAlgorithms: readonly WrappingAlgorithm[] = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
]

/** What opens material that is imported. */
export interface ImportParameters {
  readonly wrappingKey: KeyPairMaterial
  readonly algorithm: WrappingAlgorithm
  readonly validTo: Instant
}

type Owner = Pick<KeyValue, 'account' | 'region' | 'keyId'>

/** How long the parameters of an import are valid. */
export const importParametersMillis = dayMillis

/**
 * Makes the token that comes with a wrapping key: it holds the private key, sealed for the one key that material is imported into, so
 * that nothing has to be kept here and a restart loses nothing. Wipes the private key.
 */
export function sealImportToken(
  key: Owner,
  wanted: { readonly privateKeyDer: SecretBytes; readonly algorithm: WrappingAlgorithm; readonly validTo: Instant },
  keyRing: KeyRing,
): Buffer {
  const { privateKeyDer, algorithm, validTo } = wanted
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(form)
  head.writeUInt8(wrappingAlgorithms.indexOf(algorithm), 1)
  head.writeBigUInt64BE(BigInt(validTo), 2)
  const content = new SecretBytes(Buffer.concat([head, privateKeyDer.exposeBytes()]))
  privateKeyDer.wipe()
  const token = keyRing.wrap(content, associatedData(key))
  content.wipe()
  return Buffer.from(token, 'latin1')
}

/** Opens a token: `undefined` for what is none of this key. Whether it is still valid is for the caller to see. */
export function openImportToken(key: Owner, token: Buffer, keyRing: KeyRing): ImportParameters | undefined {
  const content = unwrap(token.toString('latin1'), associatedData(key), keyRing)
  if (content === undefined) return undefined
  try {
    const bytes = content.exposeBytes()
    const algorithm = wrappingAlgorithms[bytes.readUInt8(1)]
    if (bytes.readUInt8(0) !== form || algorithm === undefined) return undefined
    const validTo = Number(bytes.readBigUInt64BE(2))
    return { wrappingKey: openKeyPair(bytes.subarray(headBytes)), algorithm, validTo }
  } finally {
    content.wipe()
  }
}

const form = 1
const headBytes = 10

/** Opens the private key of a wrapping key. */
export function openKeyPair(pkcs8: Buffer): KeyPairMaterial {
  const material = openMaterial('RSA_2048', pkcs8)
  if (material.kind !== 'key-pair') throw new TypeError('A wrapping key is a key pair')
  return material
}

function unwrap(token: string, bound: readonly string[], keyRing: KeyRing): SecretBytes | undefined {
  try {
    return keyRing.unwrap(token, bound)
  } catch (error) {
    if (error instanceof UnwrapError) return undefined
    throw error
  }
}

function associatedData({ account, region, keyId }: Owner): readonly string[] {
  return ['import token', account, region, keyId]
}
