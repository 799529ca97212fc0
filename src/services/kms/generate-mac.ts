import { generateMac as macOf } from '../../crypto/index.ts'
import type { MacAlgorithm } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { macContext, macParameters } from './authenticated-message.ts'
import { requireSecret } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { requireAlgorithm } from './key-usage.ts'
import { endDryRun } from './symmetric.ts'

/** GenerateMac: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
export const generateMac = keyOperation<kms.GenerateMacRequest, kms.GenerateMacResponse>({
  name: 'GenerateMac',
  readOnly: true,
  aliases: true,
  context: macContext,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: macParameters,
  async run(input, { key }, { keys }) {
    const algorithm = requireAlgorithm(key, input.MacAlgorithm) as MacAlgorithm
    const material = await requireSecret(key, keys)
    endDryRun(input.DryRun)
    return { output: { Mac: macOf(material, algorithm, input.Message), MacAlgorithm: algorithm, KeyId: key.arn } }
  },
})
