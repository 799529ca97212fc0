import { accountRootArn, dayMillis } from '../base/index.ts'
import { put } from '../storage/index.ts'
import type { Write } from '../storage/index.ts'
import { createKey, newKeyName, standardRotationDays } from './key-changes.ts'
import type { MaterialNeeds } from './key-material.ts'
import { aliasCollection, aliasRecordId, keyCollection, keyRecordId, managedAliasPrefix } from './key-records.ts'
import type { AliasValue, KeyValue } from './key-records.ts'

/** The service that a managed key is of, and the account and Region that it is in. */
export interface ManagedKeyPlace {
  readonly account: string
  readonly region: string
  /** The service's principal: `s3.amazonaws.com`, `backup.example.internal`. */
  readonly serviceName: string
  /** What `kms:ViaService` says of it in the Region. */
  readonly viaService: string
}

/** The alias of the managed keys of a service: `alias/aws/s3`, `alias/aws/backup`. */
export function managedAliasName(serviceName: string): string {
  return `${managedAliasPrefix}${shortName(serviceName)}`
}

const shortName = (serviceName: string): string => serviceName.split('.')[0]!

/**
 * The policy of a managed key, as AWS has it: through the service everybody in the account may use it, the account may look at it and
 * revoke its grants, and nobody may do anything else.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
 */
export function managedKeyPolicy({ account, serviceName, viaService }: ManagedKeyPlace): string {
  const name = shortName(serviceName)
  const use = {
    Sid: `Allow access through ${name} for all principals in the account that are authorized to use ${name}`,
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncrypt*',
      'kms:GenerateDataKey*',
      'kms:CreateGrant',
      'kms:DescribeKey',
    ],
    Resource: '*',
    Condition: { StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': viaService } },
  }
  const look = {
    Sid: 'Allow direct access to key metadata to the account',
    Effect: 'Allow',
    Principal: { AWS: accountRootArn(account) },
    Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: `auto-${name}-1`, Statement: [use, look] }, null, 2)
}

/** A managed key that is to be made, with its alias. Its commit meets a conflict where another has made one. */
export async function createManagedKey(
  place: ManagedKeyPlace,
  needs: MaterialNeeds,
): Promise<{ readonly key: KeyValue; readonly alias: AliasValue; readonly writes: readonly Write[] }> {
  const { account, region, serviceName } = place
  const { now } = needs
  const made = await createKey(
    {
      account,
      region,
      description: `Default key that protects my ${shortName(serviceName)} data when no other key is defined`,
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      policy: managedKeyPolicy(place),
      tags: [],
    },
    newKeyName(account, region, needs.random),
    needs,
  )
  const rotation = {
    enabled: true,
    periodDays: standardRotationDays,
    nextAt: now + standardRotationDays * dayMillis,
  }
  const key: KeyValue = { ...made.key, keyManager: 'AWS', rotation }
  const aliasName = managedAliasName(serviceName)
  const alias: AliasValue = { aliasName, account, region, keyId: key.keyId, createdAt: now, updatedAt: now }
  const recordId = keyRecordId(region, key.keyId)
  const others = made.writes.filter(({ id }) => id !== recordId)
  return {
    key,
    alias,
    writes: [
      put(keyCollection, recordId, key, 'absent'),
      ...others,
      put(aliasCollection, aliasRecordId(account, region, aliasName), alias, 'absent'),
    ],
  }
}
