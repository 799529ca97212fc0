// Asks src/crypto/ what Wycheproof asks, by the way that a request takes: keys through the checks of an import.
import assert from 'node:assert/strict'
import { createHash, createPublicKey } from 'node:crypto'
import { SecretBytes } from '../../src/base/index.ts'
import {
  agree,
  decryptOaep,
  encryptOaep,
  openMaterial,
  parseImportedMaterial,
  signingAlgorithms,
  unwrapMaterial,
  verify,
  verifyMac,
} from '../../src/crypto/index.ts'
import type { KeyMaterial, KeyPairMaterial, KeySpec, MacAlgorithm, SlowWork } from '../../src/crypto/index.ts'
import { makePair } from '../crypto/key-pairs.ts'
import { fromHex, nameOf } from './read-wycheproof-files.ts'
import type { WycheproofCase } from './read-wycheproof-files.ts'
import { curveKey, curveOf, hmacSpecOf, signingOf } from './wycheproof-keys.ts'

/** Whether it was found right; a plaintext or secret of another value is neither. */
export type Answer = 'accepted' | 'refused'

/** Which digests are asked too: ECDSA's take the slower way, by a library. */
export interface AskOptions {
  readonly isDigestAsked: boolean
}

/** Asks about any case. */
export class Asker {
  readonly #work: SlowWork
  readonly #imported = new Map<string, Promise<KeyMaterial | undefined>>()
  readonly #idle: Promise<KeyPairMaterial>
  readonly #wrapping: Promise<KeyPairMaterial>

  constructor(work: SlowWork) {
    this.#work = work
    this.#idle = makePair('ECC_NIST_P256', work)
    this.#wrapping = makePair('RSA_2048', work)
  }

  async answer(given: WycheproofCase, options: AskOptions): Promise<Answer> {
    const { file } = given
    if (file.startsWith('ecdh')) return this.#agree(given)
    if (file.startsWith('hmac')) return this.#verifyMac(given)
    if (file.startsWith('rsa_oaep')) return this.#decrypt(given)
    return file === 'kwp' ? this.#unwrap(given) : this.#verify(given, options)
  }

  async #verify(given: WycheproofCase, { isDigestAsked }: AskOptions): Promise<Answer> {
    const { group, test } = given
    const [keySpec, algorithm] = signingOf(given)
    // Verify needs no private key: whichever stands here is not asked.
    const publicKey = createPublicKey({ key: fromHex(group.keyDer), format: 'der', type: 'spki' })
    const material = { ...(await this.#idle), publicKey }
    const [message, signature] = [fromHex(test.msg), fromHex(test.sig)]
    const { hash, forms } = signingAlgorithms[algorithm]
    const answers: boolean[] = []
    // AWS takes no empty message and none of more than 4,096 bytes: their digests alone.
    const isMessage = message.length > 0 && message.length <= 4_096
    if (isMessage) {
      answers.push(await verify(material, keySpec, { algorithm, message, form: 'RAW', signature }, this.#work))
    }
    if (forms.DIGEST !== undefined && (isDigestAsked || !isMessage)) {
      const digest = createHash(hash).update(message).digest()
      const subject = { algorithm, message: digest, form: 'DIGEST', signature } as const
      answers.push(await verify(material, keySpec, subject, this.#work))
    }
    assert.equal(new Set(answers).size, answers.length > 0 ? 1 : 0, `${nameOf(given)}: message and digest`)
    return answers[0] === true ? 'accepted' : 'refused'
  }

  async #decrypt(given: WycheproofCase): Promise<Answer> {
    const { group, test } = given
    const algorithm = group.sha === 'SHA-1' ? 'RSAES_OAEP_SHA_1' : 'RSAES_OAEP_SHA_256'
    const material = await this.#pair(`RSA_${group.keysize}` as KeySpec, group.privateKeyPkcs8)
    return judge(given, await decryptOaep(material, algorithm, fromHex(test.ct), this.#work), test.msg)
  }

  async #agree(given: WycheproofCase): Promise<Answer> {
    const { file, test } = given
    const keySpec = curveOf(file)
    const material = await this.#pair(keySpec, curveKey(keySpec, test.private).toString('hex'))
    return judge(given, await agree(material, keySpec, fromHex(test.public), this.#work), test.shared)
  }

  async #unwrap(given: WycheproofCase): Promise<Answer> {
    const { key, ct, msg } = given.test
    const wrapping = await this.#wrapping
    const wrapped = Buffer.concat([encryptOaep(wrapping, 'RSAES_OAEP_SHA_256', fromHex(key)), fromHex(ct)])
    return judge(given, await unwrapMaterial(wrapping, 'RSA_AES_KEY_WRAP_SHA_256', wrapped, this.#work), msg)
  }

  async #verifyMac(given: WycheproofCase): Promise<Answer> {
    const { key, msg, tag } = given.test
    const algorithm = `HMAC_SHA_${given.file.slice(-3)}` as MacAlgorithm
    const material = await this.#import(hmacSpecOf(given), key)
    if (material === undefined) return 'refused'
    assert.ok(material.kind === 'secret')
    return verifyMac(material, algorithm, fromHex(msg), fromHex(tag)) ? 'accepted' : 'refused'
  }

  async #pair(keySpec: KeySpec, pkcs8: string): Promise<KeyPairMaterial> {
    const material = await this.#import(keySpec, pkcs8)
    assert.ok(material?.kind === 'key-pair', `a key of ${keySpec} is not imported`)
    return material
  }

  /** The material as an import would have it. */
  #import(keySpec: KeySpec, material: string): Promise<KeyMaterial | undefined> {
    const name = `${keySpec} ${material}`
    const known = this.#imported.get(name)
    if (known !== undefined) return known
    const made = parseImportedMaterial(keySpec, new SecretBytes(fromHex(material)), this.#work).then(
      bytes => bytes && openMaterial(keySpec, bytes.exposeBytes()),
    )
    this.#imported.set(name, made)
    return made
  }
}

function judge(given: WycheproofCase, secret: SecretBytes | undefined, expected: string): Answer {
  if (secret === undefined) return 'refused'
  assert.equal(secret.exposeBytes().toString('hex'), expected, nameOf(given))
  return 'accepted'
}
