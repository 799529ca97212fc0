import { encapsulate as newSecret } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { encapsulationContext, encapsulationParameters } from './encapsulated-secret.ts'
import { requireKeyPair } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { requireAlgorithm } from './key-usage.ts'
import { endDryRun } from './symmetric.ts'

/** Encapsulate: a new secret, and the ciphertext that only this key gets it out of. https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html */
export const encapsulate = keyOperation<kms.EncapsulateRequest, kms.EncapsulateResponse>({
  name: 'Encapsulate',
  readOnly: true,
  aliases: true,
  context: encapsulationContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: encapsulationParameters,
  async run(input, { key }, { keys }) {
    const algorithm = requireAlgorithm(key, input.EncapsulationAlgorithm)
    const material = await requireKeyPair(key, keys)
    endDryRun(input.DryRun)
    const { sharedSecret, ciphertext } = newSecret(material)
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: sharedSecret.exposeBytes(),
        SharedSecretCiphertextBlob: ciphertext,
        EncapsulationAlgorithm: algorithm,
      },
    }
  },
})
