import { DerReader, tags } from './der.ts'

/** What a PKCS#8 holds. */
export interface PrivateKeyInfo {
  /** The contents of the algorithm identifier. */
  readonly algorithm: Buffer
  readonly privateKey: Buffer
}

/** Opens a PrivateKeyInfo (RFC 5958 section 2) of version 0 in DER; attributes are passed over, nothing may follow. */
export function openPrivateKeyInfo(pkcs8: Buffer): PrivateKeyInfo | undefined {
  const outer = new DerReader(pkcs8)
  const fields = outer.open(tags.sequence)
  if (fields?.readUnsigned()?.length !== 0) return undefined
  const algorithm = fields.read(tags.sequence)
  const privateKey = fields.read(tags.octetString)
  if (fields.peekTag() === tags.constructed0) fields.read(tags.constructed0)
  if (algorithm === undefined || privateKey === undefined || !fields.isAtEnd || !outer.isAtEnd) return undefined
  return { algorithm, privateKey }
}
