import type { kms } from '../../wire/index.ts'
import { keyIdOnly } from './audit.ts'
import { keyMetadata } from './key-metadata.ts'
import { keyOperation } from './key-operation.ts'

/** DescribeKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
export const describeKey = keyOperation<kms.DescribeKeyRequest, kms.DescribeKeyResponse>({
  name: 'DescribeKey',
  readOnly: true,
  aliases: true,
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: keyIdOnly,
  async run(_input, { key }) {
    return { output: { KeyMetadata: keyMetadata(key) } }
  },
})
