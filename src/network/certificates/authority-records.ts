import type { Instant } from '../../base/index.ts'
import type { Collection, Store, StoredRecord } from '../../storage/index.ts'
import type { Permitted } from './name-constraints.ts'

/** An authority that issues certificates, or will. */
export interface AuthorityValue extends Permitted {
  readonly certificatePem: string
  /** PKCS #8, wrapped. */
  readonly wrappedKey: string
}

/** An authority that issued certificates once. Its key is gone. */
export interface FormerAuthorityValue {
  readonly certificatePem: string
  /** Until then it is still given to clients. */
  readonly trustedUntil: Instant
}

/** Holds at most two authorities: the one that issues, and the one that is to issue next. */
export const authorityCollection: Collection<AuthorityValue> = { name: 'network.authority', indexes: {} }
/** Id of the authority that issues. */
export const issuingId = 'authority'
/** Id of the one that is to issue next. */
export const nextId = 'next'

/** By fingerprint. */
export const formerAuthorityCollection: Collection<FormerAuthorityValue> = {
  name: 'network.former-authority',
  indexes: {},
}

/** All authorities of an installation. None issues before its first start. */
export interface StoredAuthorities {
  readonly issuing: StoredRecord<AuthorityValue> | undefined
  readonly next: StoredRecord<AuthorityValue> | undefined
  readonly former: readonly StoredRecord<FormerAuthorityValue>[]
}

/** Reads all authorities of an installation. */
export async function readAuthorities(store: Store): Promise<StoredAuthorities> {
  const [issuing, next, former] = await Promise.all([
    store.get(authorityCollection, issuingId),
    store.get(authorityCollection, nextId),
    store.list(formerAuthorityCollection),
  ])
  return { issuing, next, former }
}

/** The certificates that clients must trust, PEM: first that of the authority that issues. */
export function trustedCertificates({ issuing, next, former }: StoredAuthorities, now: Instant): readonly string[] {
  return [
    ...(issuing === undefined ? [] : [issuing.value.certificatePem]),
    ...(next === undefined ? [] : [next.value.certificatePem]),
    ...former.filter(({ value }) => value.trustedUntil > now).map(({ value }) => value.certificatePem),
  ]
}
