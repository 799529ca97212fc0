import type { ConditionValues } from '../../authorization/index.ts'
import type { AuditValues } from '../../trail/index.ts'

/** What Encapsulate and Decapsulate have in common. */
export interface EncapsulationInput {
  readonly KeyId: string
  readonly EncapsulationAlgorithm: string
}

/** Condition keys of an encapsulated secret: AWS's table does not have the operations yet, so they are as those of key agreement. */
export function encapsulationContext({ EncapsulationAlgorithm: algorithm }: EncapsulationInput): ConditionValues {
  return { 'kms:EncapsulationAlgorithm': algorithm }
}

/** What the trail records of one. */
export function encapsulationParameters({
  KeyId: keyId,
  EncapsulationAlgorithm: encapsulationAlgorithm,
}: EncapsulationInput): AuditValues {
  return { keyId, encapsulationAlgorithm }
}
