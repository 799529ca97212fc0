import { ecdsa } from './ecdsa.ts'
import { ed25519, ed25519Prehashed } from './ed25519.ts'
import type { KeyPairMaterial } from './key-material.ts'
import { keySpecs } from './key-specs.ts'
import type { KeySpec, SigningAlgorithm } from './key-specs.ts'
import { mlDsa } from './ml-dsa.ts'
import { rsaPkcs1 } from './rsa-pkcs1-signature.ts'
import { rsaPss } from './rsa-pss-signature.ts'
import type { SignatureScheme, SignedMessage } from './signature-scheme.ts'
import { messageRule, signingAlgorithms } from './signing-algorithms.ts'
import type { MessageForm, SignatureSchemeName } from './signing-algorithms.ts'
import type { SlowWork } from './slow-work.ts'

const schemes: Readonly<Record<SignatureSchemeName, SignatureScheme>> = {
  'rsa-pkcs1': rsaPkcs1,
  'rsa-pss': rsaPss,
  ecdsa,
  ed25519,
  ed25519ph: ed25519Prehashed,
  'ml-dsa': mlDsa,
}

/** What is signed, and how. */
export interface SignatureSubject {
  readonly algorithm: SigningAlgorithm
  readonly message: Buffer
  readonly form: MessageForm
}

/**
 * Signs a message, a digest or a mu with a key of that spec.
 * @throws {TypeError} for what `messageRule` and `algorithmsOf` do not allow: ask them first
 */
export async function sign(
  material: KeyPairMaterial,
  keySpec: KeySpec,
  subject: SignatureSubject,
  work: SlowWork,
): Promise<Buffer> {
  const [scheme, message] = prepare(material, keySpec, subject, work)
  return scheme.sign(message)
}

/**
 * Whether a signature is of that message, digest or mu by a key of that spec; a malformed one is just wrong.
 * @throws {TypeError} for what `messageRule` and `algorithmsOf` do not allow: ask them first
 */
export async function verify(
  material: KeyPairMaterial,
  keySpec: KeySpec,
  { signature, ...subject }: SignatureSubject & { readonly signature: Buffer },
  work: SlowWork,
): Promise<boolean> {
  const [scheme, message] = prepare(material, keySpec, subject, work)
  return scheme.verify(message, signature)
}

/** Keys of other specs and digests of other lengths would give signatures that mean something else: nothing unchecked gets past here. */
function prepare(
  material: KeyPairMaterial,
  keySpec: KeySpec,
  { algorithm, message, form }: SignatureSubject,
  work: SlowWork,
): readonly [SignatureScheme, SignedMessage] {
  const { scheme, hash } = signingAlgorithms[algorithm]
  const allowed = keySpecs[keySpec].algorithms.SIGN_VERIFY ?? []
  if (!allowed.includes(algorithm)) throw new TypeError(`Cannot use ${algorithm} with a key of ${keySpec}`)
  const rule = messageRule(algorithm, form)
  if (rule === undefined || message.length < rule.minBytes || message.length > rule.maxBytes) {
    throw new TypeError(`Cannot use ${algorithm} on ${message.length} bytes of form ${form}`)
  }
  return [schemes[scheme], { material, keySpec, hash, message, form, work }]
}
