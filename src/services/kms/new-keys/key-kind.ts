import { ServiceError } from '../../../base/index.ts'
import { keySpecs } from '../../../crypto/index.ts'
import type { KeySpec, KeyUsage } from '../../../crypto/index.ts'
import type { kms } from '../../../wire/index.ts'

/** What a key is and what it is for. */
export interface KeyKind {
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
}

/** The spec that a request asks for, by its newer or its older name. */
export function askedSpec({ KeySpec: spec, CustomerMasterKeySpec: older }: kms.CreateKeyRequest): string {
  return spec ?? older ?? 'SYMMETRIC_DEFAULT'
}

/** The kind of key that a request asks for. @throws {ServiceError} ValidationException, UnsupportedOperationException */
export function requireKind(input: kms.CreateKeyRequest): KeyKind {
  const { KeySpec: newer, CustomerMasterKeySpec: older } = input
  if (newer !== undefined && older !== undefined && newer !== older) {
    throw new ServiceError(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    )
  }
  const spec = askedSpec(input)
  const usage = input.KeyUsage ?? (spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : undefined)
  if (usage === undefined) {
    throw new ServiceError(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    )
  }
  const row = Object.hasOwn(keySpecs, spec) ? keySpecs[spec as KeySpec] : undefined
  // SM2 is in the Regions of China only.
  if (row === undefined)
    throw new ServiceError('UnsupportedOperationException', `KeySpec ${spec} is not supported in this Region`)
  if (!Object.hasOwn(row.algorithms, usage))
    throw new ServiceError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  return { keySpec: row.name, keyUsage: usage as KeyUsage }
}
