import { ServiceError } from '../../base/index.ts'
import { isHsmStore, notInState, wordedForToken } from '../../keys/index.ts'
import type { CustomStores } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { findStore } from './custom-stores/store-operation.ts'
import { noResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

/** GenerateRandom: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export const generateRandom = operation<
  Pick<KmsNeeds, 'keys' | 'random'>,
  kms.GenerateRandomRequest,
  kms.GenerateRandomResponse,
  undefined
>({
  name: 'GenerateRandom',
  readOnly: true,
  requestParameters: () => null,
  async resolve(_input, scope) {
    return { checks: [{ action: 'kms:GenerateRandom', resource: noResource(scope) }], subject: undefined }
  },
  async run(
    { NumberOfBytes: length, CustomKeyStoreId: storeId, Recipient: recipient },
    _subject,
    scope,
    { keys, random },
  ) {
    if (length === undefined) throw new ServiceError('ValidationException', 'NumberOfBytes is required.')
    if (recipient !== undefined) throw unservedRecipient()
    const bytes =
      storeId === undefined ? random(length) : await randomOfStore(storeId, length, scope, keys.customStores)
    return { output: { Plaintext: bytes } }
  },
})

/** Bytes from the HSMs of an AWS CloudHSM key store. @throws {ServiceError} */
async function randomOfStore(
  storeId: string,
  length: number,
  scope: RequestScope,
  stores: CustomStores,
): Promise<Buffer> {
  const { value: store } = await findStore(storeId, scope, stores)
  if (!isHsmStore(store))
    throw new ServiceError('UnsupportedOperationException', 'An external key store cannot generate random bytes.')
  if (store.connection.kind !== 'connected') throw notInState(store, 'must be CONNECTED')
  return wordedForToken(() => stores.withToken(store, (tokens, clusterId) => tokens.random(clusterId, length)))
}

/** Attestation documents are not verified yet, so a request with one is refused: plaintext must not go where it was not asked to. */
export function unservedRecipient(): ServiceError {
  return new ServiceError('UnsupportedOperationException', 'The Recipient parameter is not supported')
}
