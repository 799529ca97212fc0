import { createHash } from 'node:crypto'
import type { Instant } from '../base/index.ts'
import { encodeEncryptionContext, encodeStrings } from '../crypto/index.ts'
import type { ContextPairs, GrantFacts } from '../policy/index.ts'
import type { Collection } from '../storage/index.ts'
import { keyRecordId } from './key-records.ts'

/** A grant as it is stored. It never changes: it is made, and it is removed. */
export interface GrantValue extends GrantFacts {
  readonly keyId: string
  readonly region: string
  readonly name?: string
  readonly createdAt: Instant
}

/** Which grant a request with a name made: the same request again gets that one, and no second. */
export interface NamedGrantValue {
  /** Record id of the key. */
  readonly key: string
  readonly grantId: string
}

/** Record id of a grant. */
export function grantRecordId(region: string, keyId: string, grantId: string): string {
  return `${keyRecordId(region, keyId)}/${grantId}`
}

/** The record id of the key that a grant's record id names. */
export function keyOfGrantRecord(id: string): string {
  return id.slice(0, id.lastIndexOf('/'))
}

/** The index key of a party's grants on one key. */
export function granteeKey(key: string, partyId: string): string {
  return `${key}/${partyId}`
}

/** The index key of the grants in a Region that somebody is named to retire. */
export function retiringKey(region: string, partyId: string): string {
  return `${region}/${partyId}`
}

/** Record id of a named grant: of the name, and of all that the request asked for beside. */
export function namedGrantRecordId(grant: Omit<GrantValue, 'grantId' | 'createdAt'>): string {
  const { region, keyId, name = '', grantee, retiring, issuingAccount, operations, constraints } = grant
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints
  const parts = [
    name,
    grantee.id,
    issuingAccount,
    encodeStrings([...operations].sort()).toString('base64'),
    orNone(retiring?.id),
    orNone(sourceArn),
    pairs(encryptionContextEquals),
    pairs(encryptionContextSubset),
  ]
  return grantRecordId(region, keyId, createHash('sha256').update(encodeStrings(parts)).digest('hex'))
}

const orNone = (text: string | undefined): string => (text === undefined ? '' : `=${text}`)

// An empty constraint is one: it demands an empty context.
const pairs = (context: ContextPairs | undefined): string =>
  orNone(context && encodeEncryptionContext(context).toString('base64'))

/** Grants, by `grantRecordId`. Indexes: the record id of the key, grantee on a key (`granteeKey`), and who may retire (`retiringKey`). */
export const grantCollection: Collection<GrantValue> = {
  name: 'keys.grant',
  indexes: {
    key: grant => [keyRecordId(grant.region, grant.keyId)],
    grantee: grant => [granteeKey(keyRecordId(grant.region, grant.keyId), grant.grantee.id)],
    retiring: ({ region, retiring }) => (retiring === undefined ? [] : [retiringKey(region, retiring.id)]),
  },
}

/** Named grants, by `namedGrantRecordId`; the index has the record id of the key. */
export const namedGrantCollection: Collection<NamedGrantValue> = {
  name: 'keys.named-grant',
  indexes: { key: named => [named.key] },
}
