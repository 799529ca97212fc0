import { ServiceError } from '../../base/index.ts'
import { keySpecs, publicKeyDer } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyIdOnly } from './audit.ts'
import { requireKeyPair } from './key-material.ts'
import { keyAlgorithms } from './key-metadata.ts'
import { keyOperation } from './key-operation.ts'

/** GetPublicKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export const getPublicKey = keyOperation<kms.GetPublicKeyRequest, kms.GetPublicKeyResponse>({
  name: 'GetPublicKey',
  readOnly: true,
  aliases: true,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: keyIdOnly,
  async run(_input, { key }, { keys }) {
    const { family } = keySpecs[key.keySpec]
    // AWS says so after it has looked at the state, and says no more.
    if (family === 'symmetric' || family === 'hmac') throw new ServiceError('UnsupportedOperationException')
    const material = await requireKeyPair(key, keys)
    return {
      output: {
        KeyId: key.arn,
        PublicKey: publicKeyDer(material),
        CustomerMasterKeySpec: key.keySpec,
        KeySpec: key.keySpec,
        KeyUsage: key.keyUsage,
        ...keyAlgorithms(key),
      },
    }
  },
})
