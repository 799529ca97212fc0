import { ServiceError } from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import type { GrantConstraints, GrantParty } from '../policy/index.ts'
import { check, put, remove } from '../storage/index.ts'
import type { Check, Write } from '../storage/index.ts'
import { grantOperationsOf } from './grant-operations.ts'
import { grantCollection, grantRecordId, namedGrantCollection, namedGrantRecordId } from './grant-records.ts'
import type { GrantValue } from './grant-records.ts'
import { keyCollection } from './key-records.ts'
import type { KeyEntry } from './key-records.ts'

/** Grants that one key may have; https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
export const maxGrantsPerKey = 50_000

/** What the caller of CreateGrant decides. */
export interface NewGrant {
  readonly grantee: GrantParty
  readonly retiring?: GrantParty
  readonly issuingAccount: string
  readonly operations: readonly string[]
  readonly constraints: GrantConstraints
  readonly name?: string
}

/** A grant without what it gets when it is made. */
export type WantedGrant = Omit<GrantValue, 'grantId' | 'createdAt'>

/** A grant as it would be on a key. @throws {ServiceError} ValidationException for what does not go with the key. */
export function wantedGrant(entry: KeyEntry, wanted: NewGrant): WantedGrant {
  const { arn: keyArn, keyId, region, keySpec } = entry.key
  const possible = grantOperationsOf(entry.key)
  const others = wanted.operations.filter(operation => !possible.includes(operation))
  if (others.length > 0) {
    throw new ServiceError(
      'ValidationException',
      `Grant operations ${others.join(', ')} are not supported by the key ${keyArn}: its KeySpec is ${keySpec} and its KeyUsage ${entry.key.keyUsage}.`,
    )
  }
  const { encryptionContextEquals: exact, encryptionContextSubset: some } = wanted.constraints
  if ((exact ?? some) !== undefined && keySpec !== 'SYMMETRIC_DEFAULT') {
    throw new ServiceError(
      'ValidationException',
      'EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.',
    )
  }
  return { ...wanted, keyArn, keyId, region }
}

/** Makes a grant. Its commit meets a conflict where the same named request made one meanwhile. @throws {ServiceError} LimitExceededException */
export function createGrant(
  wanted: WantedGrant,
  entry: KeyEntry,
  grantsOfKey: number,
  { random, now }: { readonly random: Random; readonly now: Instant },
): { readonly grant: GrantValue; readonly writes: readonly Write[]; readonly checks: readonly Check[] } {
  if (grantsOfKey >= maxGrantsPerKey) {
    throw new ServiceError(
      'LimitExceededException',
      `Cannot have more than ${maxGrantsPerKey} grants for the key ${wanted.keyArn}`,
    )
  }
  const grant = { ...wanted, grantId: random(32).toString('hex'), createdAt: now }
  const id = grantRecordId(grant.region, grant.keyId, grant.grantId)
  const named = { key: entry.record.id, grantId: grant.grantId }
  return {
    grant,
    writes: [
      put(grantCollection, id, grant, 'absent'),
      ...(grant.name === undefined ? [] : [put(namedGrantCollection, namedGrantRecordId(grant), named, 'absent')]),
    ],
    // A key that is deleted meanwhile, or put out of use, gets no grant.
    checks: [check(keyCollection, entry.record.id, entry.record.version)],
  }
}

/** Removes a grant: it permits nothing once the commit has returned. The grants that were made by its permission stay. */
export function removeGrant(grant: GrantValue): readonly Write[] {
  return [
    // It never changes, so there is one version of it.
    remove(grantCollection, grantRecordId(grant.region, grant.keyId, grant.grantId), 1),
    ...(grant.name === undefined ? [] : [remove(namedGrantCollection, namedGrantRecordId(grant), 'any')]),
  ]
}
