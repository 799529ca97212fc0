import { sign as signMessage } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { requireKeyPair } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { readSignedMessage, signingContext, signingParameters } from './signed-message.ts'
import { endDryRun } from './symmetric.ts'

/** Sign: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
export const sign = keyOperation<kms.SignRequest, kms.SignResponse>({
  name: 'Sign',
  readOnly: true,
  aliases: true,
  context: signingContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: signingParameters,
  async run(input, { key }, { keys, work }, { caller }) {
    const message = readSignedMessage(input, key)
    const material = await requireKeyPair(key, keys)
    endDryRun(input.DryRun)
    const signature = await signMessage(material, key.keySpec, message, work.forAccount(caller.account))
    return { output: { KeyId: key.arn, Signature: signature, SigningAlgorithm: message.algorithm } }
  },
})
