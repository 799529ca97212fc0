import { ServiceError } from '../base/index.ts'
import type { Random } from '../base/index.ts'
import {
  decryptBlob,
  decryptBlobRemotely,
  decryptBlobTwice,
  encryptBlob,
  encryptBlobRemotely,
  encryptBlobTwice,
} from '../crypto/index.ts'
import type { CiphertextBlob, RemoteKey } from '../crypto/index.ts'
import { isHsmStore, isProxyStore, wordedForToken } from './custom-stores/index.ts'
import type { CustomStoreValue, HsmStore, ProxyStore } from './custom-stores/index.ts'
import { ProxyFailure, wordedFor } from './external-key-store/index.ts'
import type { ProxyRequester } from './external-key-store/index.ts'
import type { KeyValue } from './key-records.ts'
import type { Keys } from './keys.ts'

type Context = Readonly<Record<string, string>> | undefined

/** A symmetric key in use: here, in a token, or here and with an external key. */
export interface SymmetricCipher {
  /** Id of its material, where AWS tells it: of keys whose material can change. */
  readonly shownMaterialId: string | undefined
  /** @throws {ServiceError} where a custom key store fails. */
  encrypt(plaintext: Uint8Array, context: Context): Promise<Buffer>
  /** `undefined` for what does not open. @throws {ServiceError} where a custom key store fails. */
  decrypt(blob: CiphertextBlob, context: Context): Promise<Buffer | undefined>
}

/** What using a key needs: the keys, randomness, and for which request it is used. */
export interface CipherNeeds {
  readonly keys: Keys
  readonly random: Random
  readonly requester: ProxyRequester
}

/** A symmetric key with its material of that id, ready for use. `undefined` where it has no such material. */
export function symmetricCipher(
  key: KeyValue,
  materialId: string | undefined,
  needs: CipherNeeds,
): Promise<SymmetricCipher | undefined> {
  switch (key.origin) {
    case 'AWS_KMS':
    case 'EXTERNAL':
      return localCipher(key, materialId, needs)
    case 'EXTERNAL_KEY_STORE':
      return doubleCipher(key, materialId, needs)
    case 'AWS_CLOUDHSM':
      return tokenCipher(key, materialId, needs)
  }
}

async function localCipher(
  key: KeyValue,
  materialId: string | undefined,
  { keys, random }: CipherNeeds,
): Promise<SymmetricCipher | undefined> {
  const material = await keys.secretMaterial(key, materialId)
  if (material === undefined) return undefined
  return {
    shownMaterialId: material.materialId,
    encrypt: async (plaintext, context) => encryptBlob(key.keyId, material, plaintext, context, random),
    decrypt: async (blob, context) => decryptBlob(blob, material, context),
  }
}

async function doubleCipher(
  key: KeyValue,
  materialId: string | undefined,
  { keys, random, requester }: CipherNeeds,
): Promise<SymmetricCipher | undefined> {
  const own = await keys.secretMaterial(key, materialId)
  if (own === undefined || key.xksKeyId === undefined) return undefined
  const { xksKeyId } = key
  const store = connected(await storeOf(key, keys), isProxyStore, key)
  const use = <T>(work: (twoKeys: Parameters<typeof encryptBlobTwice>[1]) => Promise<T>): Promise<T> =>
    wordedFor('use', () =>
      keys.customStores.withProxy(store, proxy => work({ own, external: proxy.key(xksKeyId, key.arn, requester) })),
    )
  return {
    shownMaterialId: undefined,
    encrypt: (plaintext, context) => use(twoKeys => encryptBlobTwice(key.keyId, twoKeys, plaintext, context, random)),
    async decrypt(blob, context) {
      if (blob.form !== 2) return undefined
      return use(async twoKeys => {
        const plaintext = await decryptBlobTwice(blob, twoKeys, context)
        if (plaintext !== undefined) return plaintext
        throw new ProxyFailure('invalid-ciphertext', 'What the external key decrypted is not what was encrypted')
      })
    },
  }
}

async function tokenCipher(
  key: KeyValue,
  materialId: string | undefined,
  { keys, random }: CipherNeeds,
): Promise<SymmetricCipher | undefined> {
  if (materialId === undefined || materialId !== key.materialId) return undefined
  const store = connected(await storeOf(key, keys), isHsmStore, key)
  const remote: RemoteKey = {
    macBlocks: blocks =>
      wordedForToken(() =>
        keys.customStores.withToken(store, (tokens, clusterId) => tokens.macBlocks(clusterId, materialId, blocks)),
      ),
  }
  const material = { materialId, key: remote }
  return {
    shownMaterialId: undefined,
    encrypt: (plaintext, context) => encryptBlobRemotely(key.keyId, material, plaintext, context, random),
    decrypt: (blob, context) => decryptBlobRemotely(blob, material, context),
  }
}

async function storeOf(
  { region, customKeyStoreId: storeId }: KeyValue,
  keys: Keys,
): Promise<CustomStoreValue | undefined> {
  return storeId === undefined ? undefined : (await keys.customStores.find(region, storeId))?.value
}

// The key's state has said so already, unless the store was disconnected since.
function connected<S extends HsmStore | ProxyStore>(
  store: CustomStoreValue | undefined,
  is: (store: CustomStoreValue) => store is S,
  key: KeyValue,
): S {
  if (store?.connection.kind === 'connected' && is(store)) return store
  throw new ServiceError('KMSInvalidStateException', `${key.arn} is unavailable.`)
}
