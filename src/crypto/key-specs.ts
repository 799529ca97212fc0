/** What a key may be used for. */
export type KeyUsage = 'ENCRYPT_DECRYPT'

/** The algorithms of encryption. */
export type EncryptionAlgorithm = 'SYMMETRIC_DEFAULT'

/** Names of the key specs that are served. */
export type KeySpec = 'SYMMETRIC_DEFAULT'

/** One row per key spec: what can be done with a key of that spec, and its limits. */
export interface KeySpecRow {
  readonly name: KeySpec
  /** The algorithms of each usage that the spec allows; the first usage is the default where there is only one. */
  readonly algorithms: Readonly<Record<KeyUsage, readonly EncryptionAlgorithm[]>>
  readonly materialBytes: number
  readonly plaintextMaxBytes: number
}

/** Key specs by name. A new spec is a row here and a file of its algorithm family. */
export const keySpecs: Readonly<Record<KeySpec, KeySpecRow>> = {
  SYMMETRIC_DEFAULT: {
    name: 'SYMMETRIC_DEFAULT',
    algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    materialBytes: 32,
    plaintextMaxBytes: 4_096,
  },
}
