import { ServiceError } from '../../base/index.ts'
import { encryptOaep, maxOaepPlaintextBytes } from '../../crypto/index.ts'
import type { EncryptionAlgorithm, OaepAlgorithm } from '../../crypto/index.ts'
import type { KeyEntry, ProxyRequester } from '../../keys/index.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { requireKeyPair } from './key-material.ts'
import { requireAlgorithm } from './key-usage.ts'
import type { KmsNeeds } from './needs.ts'
import { currentCipher, requireContextSize, symmetricDefault } from './symmetric.ts'

type Key = KeyEntry['key']

/** How a message is to be encrypted. */
export interface EncryptionInput {
  readonly algorithm: string | undefined
  readonly context: EncryptionContext | undefined
}

/** A key that is ready to encrypt, with an algorithm and an encryption context. */
export interface MessageCipher {
  readonly algorithm: EncryptionAlgorithm
  /** Id of its material, where AWS tells it. */
  readonly shownMaterialId: string | undefined
  /** @throws {ServiceError} ValidationException for a plaintext that is too long for the key. */
  readonly requireRoom: (bytes: number) => void
  readonly encrypt: (plaintext: Buffer) => Promise<Buffer>
}

/**
 * Makes a key ready to encrypt.
 *
 * @throws {ServiceError} InvalidKeyUsageException, ValidationException
 */
export async function messageCipher(
  key: Key,
  { algorithm: name = symmetricDefault, context }: EncryptionInput,
  requester: ProxyRequester,
  needs: Pick<KmsNeeds, 'keys' | 'random'>,
): Promise<MessageCipher> {
  const algorithm = requireAlgorithm(key, name) as EncryptionAlgorithm
  if (algorithm === 'SYMMETRIC_DEFAULT') {
    requireContextSize(context)
    const cipher = await currentCipher(key, requester, needs)
    return {
      algorithm,
      shownMaterialId: cipher.shownMaterialId,
      // The model has told the longest plaintext.
      requireRoom: () => {},
      encrypt: plaintext => cipher.encrypt(plaintext, context),
    }
  }
  refuseContext(context)
  return oaepCipher(key, algorithm, needs)
}

async function oaepCipher(
  key: Key,
  algorithm: OaepAlgorithm,
  { keys }: Pick<KmsNeeds, 'keys'>,
): Promise<MessageCipher> {
  const material = await requireKeyPair(key, keys)
  const mostBytes = maxOaepPlaintextBytes(material, algorithm)
  return {
    algorithm,
    shownMaterialId: undefined,
    requireRoom(bytes) {
      if (bytes <= mostBytes) return
      throw new ServiceError(
        'ValidationException',
        `Algorithm ${algorithm} and key spec ${key.keySpec} cannot encrypt data larger than ${mostBytes} bytes.`,
      )
    },
    encrypt: async plaintext => encryptOaep(material, algorithm, plaintext),
  }
}

/** Only ciphertexts of symmetric keys can be bound to an encryption context. @throws {ServiceError} ValidationException */
export function refuseContext(context: EncryptionContext | undefined): void {
  if (context === undefined || Object.keys(context).length === 0) return
  throw new ServiceError(
    'ValidationException',
    'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
  )
}
