import type { ConditionValues } from '../../authorization/index.ts'
import type { AuditValues } from '../../trail/index.ts'

/** What GenerateMac and VerifyMac have in common. */
export interface MacInput {
  readonly KeyId: string
  readonly MacAlgorithm: string
}

/** Condition keys of a message authentication code. */
export function macContext({ MacAlgorithm: algorithm }: MacInput): ConditionValues {
  return { 'kms:MacAlgorithm': algorithm }
}

/** What the trail records of one: never the message. */
export function macParameters({ KeyId: keyId, MacAlgorithm: macAlgorithm }: MacInput): AuditValues {
  return { macAlgorithm, keyId }
}
