import { ServiceError } from '../../base/index.ts'
import { isHsmStore, notInState, wordedForToken } from '../../keys/index.ts'
import type { VerifiedAttestation } from '../../crypto/index.ts'
import type { CustomStores } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { RequestScope } from '../operation.ts'
import { findStore } from './custom-stores/store-operation.ts'
import { noResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import { answerSecret, readRecipient, recipientContext, withRecipient } from './recipient.ts'

/** GenerateRandom: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export const generateRandom = operation<
  Pick<KmsNeeds, 'keys' | 'random' | 'work' | 'attestationRoots'>,
  kms.GenerateRandomRequest,
  kms.GenerateRandomResponse,
  VerifiedAttestation | undefined
>({
  name: 'GenerateRandom',
  readOnly: true,
  requestParameters: () => null,
  async resolve(input, scope, needs) {
    const recipient = await readRecipient(input, scope, needs)
    const context = recipientContext(recipient)
    return { checks: [{ action: 'kms:GenerateRandom', resource: noResource(scope), context }], subject: recipient }
  },
  async run({ NumberOfBytes: length, CustomKeyStoreId: storeId }, recipient, scope, { keys, random }) {
    if (length === undefined) throw new ServiceError('ValidationException', 'NumberOfBytes is required.')
    const bytes =
      storeId === undefined ? random(length) : await randomOfStore(storeId, length, scope, keys.customStores)
    return withRecipient({ output: answerSecret('Plaintext', bytes, recipient, random) }, recipient)
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
