import { ServiceError } from '../../base/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { noResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'

/** GenerateRandom: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export const generateRandom = operation<
  Pick<KmsNeeds, 'random'>,
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
  async run({ NumberOfBytes: length, CustomKeyStoreId: storeId, Recipient: recipient }, _subject, _scope, { random }) {
    if (length === undefined) throw new ServiceError('ValidationException', 'NumberOfBytes is required.')
    if (storeId !== undefined) {
      throw new ServiceError('CustomKeyStoreNotFoundException', `Custom key store ${storeId} does not exist`)
    }
    if (recipient !== undefined) throw unservedRecipient()
    return { output: { Plaintext: random(length) } }
  },
})

/** Attestation documents are not verified yet, so a request with one is refused: plaintext must not go where it was not asked to. */
export function unservedRecipient(): ServiceError {
  return new ServiceError('UnsupportedOperationException', 'The Recipient parameter is not supported')
}
