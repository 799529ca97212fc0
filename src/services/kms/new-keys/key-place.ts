import type { Random } from '../../../base/index.ts'
import { newKeyName } from '../../../keys/index.ts'
import type { kms } from '../../../wire/index.ts'
import type { RequestScope } from '../../operation.ts'

/** The id and ARN of a new key. */
export interface KeyPlace {
  readonly keyId: string
  readonly arn: string
}

/** Names a new key, so that its policy can be checked before there is a key. */
export function newKeyPlace(
  { MultiRegion: multiRegion = false }: kms.CreateKeyRequest,
  { caller: { account }, region }: RequestScope,
  random: Random,
): KeyPlace {
  return newKeyName(account, region, random, { multiRegion })
}
