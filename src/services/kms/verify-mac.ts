import { ServiceError } from '../../base/index.ts'
import { verifyMac as isMacOf } from '../../crypto/index.ts'
import type { MacAlgorithm } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { macContext, macParameters } from './authenticated-message.ts'
import { requireSecret } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { requireAlgorithm } from './key-usage.ts'
import { endDryRun } from './symmetric.ts'

/** VerifyMac: an error where the code is wrong, never `false`. https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html */
export const verifyMac = keyOperation<kms.VerifyMacRequest, kms.VerifyMacResponse>({
  name: 'VerifyMac',
  readOnly: true,
  aliases: true,
  context: macContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: macParameters,
  async run(input, { key }, { keys }) {
    const algorithm = requireAlgorithm(key, input.MacAlgorithm) as MacAlgorithm
    const material = await requireSecret(key, keys)
    if (!isMacOf(material, algorithm, input.Message, input.Mac)) throw new ServiceError('KMSInvalidMacException')
    endDryRun(input.DryRun)
    return { output: { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm } }
  },
})
