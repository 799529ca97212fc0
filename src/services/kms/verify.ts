import { ServiceError } from '../../base/index.ts'
import { verify as verifySignature } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { requireKeyPair } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { readSignedMessage, signingContext, signingParameters } from './signed-message.ts'
import { endDryRun } from './symmetric.ts'

/** Verify: an error where the signature is wrong, never `false`. https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html */
export const verify = keyOperation<kms.VerifyRequest, kms.VerifyResponse>({
  name: 'Verify',
  readOnly: true,
  aliases: true,
  context: signingContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: signingParameters,
  async run(input, { key }, { keys, work }, { caller }) {
    const message = readSignedMessage(input, key)
    const material = await requireKeyPair(key, keys)
    const subject = { ...message, signature: input.Signature }
    const isRight = await verifySignature(material, key.keySpec, subject, work.forAccount(caller.account))
    if (!isRight) throw new ServiceError('KMSInvalidSignatureException')
    endDryRun(input.DryRun)
    return { output: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: message.algorithm } }
  },
})
