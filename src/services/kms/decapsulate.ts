import { decapsulate as openSecret } from '../../crypto/index.ts'
import type { MlKemSpec } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { encapsulationContext, encapsulationParameters } from './encapsulated-secret.ts'
import { requireKeyPair } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { requireAlgorithm } from './key-usage.ts'
import { endDryRun, invalidCiphertext } from './symmetric.ts'

/**
 * Decapsulate: a ciphertext that was not made for this key gives a secret all the same, which nobody else has.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decapsulate.html
 */
export const decapsulate = keyOperation<kms.DecapsulateRequest, kms.DecapsulateResponse>({
  name: 'Decapsulate',
  readOnly: true,
  aliases: true,
  context: encapsulationContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: encapsulationParameters,
  async run(input, { key }, { keys }) {
    const algorithm = requireAlgorithm(key, input.EncapsulationAlgorithm)
    const material = await requireKeyPair(key, keys)
    // Keys for encapsulation are ML-KEM keys.
    const secret = openSecret(material, key.keySpec as MlKemSpec, input.SharedSecretCiphertextBlob)
    if (secret === undefined) throw invalidCiphertext()
    if (input.DryRun === true) secret.wipe()
    endDryRun(input.DryRun)
    return { output: { KeyId: key.arn, SharedSecret: secret.exposeBytes(), EncapsulationAlgorithm: algorithm } }
  },
})
