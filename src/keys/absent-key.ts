import { formatArn } from '../base/index.ts'
import { compileKeyPolicy } from '../policy/index.ts'
import type { KeyEntry, KeyValue } from './key-records.ts'

const nothing = '{"Version":"2012-10-17","Statement":[]}'
// Compiled once: to ask for what is not there takes no longer than to ask for what is.
const permitsNothing = compileKeyPolicy(nothing, { name: 'no key policy' })

/**
 * Stands for a key of another account that is not there: its policy permits nothing, so whoever asks for it is refused just as for
 * a key that was not given to them. It is never stored and never used.
 */
export function absentKey(account: string, region: string, keyId: string): KeyEntry {
  const arn = formatArn('kms', region, account, `key/${keyId}`)
  const key: KeyValue = {
    keyId,
    account,
    region,
    arn,
    createdAt: 0,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    keyManager: 'CUSTOMER',
    multiRegion: false,
    state: { kind: 'disabled' },
    policy: nothing,
    tags: [],
    rotation: { enabled: false, periodDays: 0 },
  }
  const policy = { ...permitsNothing, source: { name: `key policy of ${arn}, which does not exist` } }
  return { record: { id: '', version: 0, value: key }, key, policy }
}

/** Whether this stands for a key that is not there. The store counts versions from 1. */
export function isAbsentKey({ record }: Pick<KeyEntry, 'record'>): boolean {
  return record.version === 0
}
