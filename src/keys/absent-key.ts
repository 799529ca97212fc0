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
function absentKey(account: string, region: string, keyId: string): KeyEntry {
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

/** Keeps what stands for keys that were asked for and are not there: to ask again takes no longer than for one that is. */
export class AbsentKeys {
  readonly #capacity: number
  readonly #entries = new Map<string, KeyEntry>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  of(account: string, region: string, keyId: string): KeyEntry {
    const id = `${account}/${region}/${keyId}`
    const entry = this.#entries.get(id) ?? absentKey(account, region, keyId)
    // Moving it to the end of the map's order makes the map a list by last use.
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest!)
    }
    return entry
  }
}

/** Whether this stands for a key that is not there. The store counts versions from 1. */
export function isAbsentKey({ record }: Pick<KeyEntry, 'record'>): boolean {
  return record.version === 0
}
