// The keys of Wycheproof as material of Postern's keys.
import { createPublicKey } from 'node:crypto'
import { SecretBytes } from '../../src/base/index.ts'
import type { CurveSpec, HmacSpec, KeySpec, RsaSpec, SigningAlgorithm } from '../../src/crypto/index.ts'
import { curveAlgorithm } from '../../src/crypto/curve-public-key.ts'
import { curves } from '../../src/crypto/curves.ts'
import { encodeDer, encodeUnsigned, tags } from '../../src/crypto/der.ts'
import { fromHex } from './read-wycheproof-files.ts'
import type { WycheproofCase } from './read-wycheproof-files.ts'

const version = (number: number): Buffer => Buffer.of(tags.integer, 1, number)

function pkcs8(algorithm: Buffer, privateKey: Buffer): Buffer {
  return encodeDer(
    tags.sequence,
    version(0),
    encodeDer(tags.sequence, algorithm),
    encodeDer(tags.octetString, privateKey),
  )
}

const curveNames: readonly (readonly [name: string, keySpec: CurveSpec])[] = [
  ['secp256r1', 'ECC_NIST_P256'],
  ['secp384r1', 'ECC_NIST_P384'],
  ['secp521r1', 'ECC_NIST_P521'],
  ['secp256k1', 'ECC_SECG_P256K1'],
]

/** The curve that a file is about. */
export function curveOf(file: string): CurveSpec {
  return curveNames.find(([name]) => file.includes(name))![1]
}

/** A private key on a curve without its public key, as it may be imported. */
export function curveKey(keySpec: CurveSpec, scalar: string): Buffer {
  const { objectIdentifier, fieldBytes } = curves[keySpec]
  const bytes = fromHex(scalar.replace(/^0+/, '').padStart(2 * fieldBytes, '0'))
  return pkcs8(
    curveAlgorithm(objectIdentifier),
    encodeDer(tags.sequence, version(1), encodeDer(tags.octetString, bytes)),
  )
}

/** What a case of signatures is signed with. */
export function signingOf({ file, group }: WycheproofCase): readonly [KeySpec, SigningAlgorithm] {
  if (file === 'eddsa') return ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512']
  const hash = group.sha.replace('-', '_')
  if (file.startsWith('ecdsa')) return [curveOf(file), `ECDSA_${hash}` as SigningAlgorithm]
  const padding = file.startsWith('rsa_pss') ? 'RSASSA_PSS' : 'RSASSA_PKCS1_V1_5'
  return [`RSA_${group.keysize}` as RsaSpec, `${padding}_${hash}` as SigningAlgorithm]
}

/** The key spec of a case of HMAC. */
export function hmacSpecOf({ file }: WycheproofCase): HmacSpec {
  return `HMAC_${file.slice(-3)}` as HmacSpec
}

/** A PKCS#8 that has a public key of Wycheproof, and a private key that is not its own where there is none: for Verify alone. */
export function verifyingKey(given: WycheproofCase): SecretBytes {
  const { file, group } = given
  if (file === 'eddsa') return new SecretBytes(fromHex(`302e020100300506032b657004220420${group.key.sk}`))
  const spki = fromHex(group.keyDer)
  return new SecretBytes(file.startsWith('ecdsa') ? curveVerifyingKey(curveOf(file), spki) : rsaVerifyingKey(group))
}

function curveVerifyingKey(keySpec: CurveSpec, spki: Buffer): Buffer {
  const { objectIdentifier, fieldBytes } = curves[keySpec]
  const point = spki.subarray(-1 - 2 * fieldBytes)
  const publicKey = encodeDer(tags.constructed1, encodeDer(tags.bitString, Buffer.of(0), point))
  const scalar = encodeDer(tags.octetString, Buffer.alloc(fieldBytes, 1))
  return pkcs8(curveAlgorithm(objectIdentifier), encodeDer(tags.sequence, version(1), scalar, publicKey))
}

function rsaVerifyingKey({ keyDer }: WycheproofCase['group']): Buffer {
  const { n, e } = createPublicKey({ key: fromHex(keyDer), format: 'der', type: 'spki' }).export({ format: 'jwk' })
  const [modulus, exponent] = [n!, e!].map(number => encodeUnsigned(Buffer.from(number, 'base64url')))
  const rest = Array.from({ length: 6 }, () => version(1))
  return pkcs8(
    fromHex('06092a864886f70d0101010500'),
    encodeDer(tags.sequence, version(0), modulus!, exponent!, ...rest),
  )
}
