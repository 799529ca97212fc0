import { ServiceError, formatArn } from '../../base/index.ts'
import type { KeyRegions, KeyValue } from '../key-records.ts'

type RegionalKey = Pick<KeyValue, 'region' | 'regions'>

/** Whether a key is the primary one of a multi-Region key: the one that is replicated, rotated and changed for all. */
export function isPrimary({ region, regions }: RegionalKey): boolean {
  return regions?.primary === region
}

/** Whether a key is a copy of a multi-Region key whose primary one is in another Region. */
export function isReplica({ region, regions }: RegionalKey): boolean {
  return regions !== undefined && regions.primary !== region
}

/** The Regions of a multi-Region key, that of its primary one first. */
export function regionNames({ primary, replicas }: KeyRegions): readonly string[] {
  return [primary, ...replicas]
}

/** The ARN that a key has in another Region. */
export function arnIn({ account, keyId }: Pick<KeyValue, 'account' | 'keyId'>, region: string): string {
  return formatArn('kms', region, account, `key/${keyId}`)
}

/** @throws {ServiceError} UnsupportedOperationException for every key that is not the primary one of a multi-Region key. */
export function requirePrimary(key: RegionalKey & Pick<KeyValue, 'arn'>): void {
  if (isPrimary(key)) return
  throw new ServiceError('UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`)
}

/** What multi-Region keys share is changed at the primary one. @throws {ServiceError} UnsupportedOperationException for a replica. */
export function refuseReplica(key: RegionalKey & Pick<KeyValue, 'arn'>): void {
  if (isReplica(key)) requirePrimary(key)
}
