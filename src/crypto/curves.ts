import type { CurveSpec } from './key-specs.ts'

/** One row per curve of key specs on Weierstrass curves. */
export interface CurveRow {
  /** The curve's name in OpenSSL. */
  readonly name: 'prime256v1' | 'secp384r1' | 'secp521r1' | 'secp256k1'
  /** The contents of its object identifier. */
  readonly objectIdentifier: Buffer
  /** Bytes of a coordinate, and of a scalar. */
  readonly fieldBytes: number
  /** The order of its group. */
  readonly order: bigint
  /** Whether OpenSSL's signature is quick enough for the event loop: only P-256 has code of its own in Node. */
  readonly isQuick: boolean
}

/** The curves, by key spec. The orders are those of SP 800-186 section 3.2.1 and SEC 2 section 2.4.1. */
export const curves: Readonly<Record<CurveSpec, CurveRow>> = {
  ECC_NIST_P256: {
    name: 'prime256v1',
    objectIdentifier: Buffer.from('2a8648ce3d030107', 'hex'),
    fieldBytes: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    isQuick: true,
  },
  ECC_NIST_P384: {
    name: 'secp384r1',
    objectIdentifier: Buffer.from('2b81040022', 'hex'),
    fieldBytes: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    isQuick: false,
  },
  ECC_NIST_P521: {
    name: 'secp521r1',
    objectIdentifier: Buffer.from('2b81040023', 'hex'),
    fieldBytes: 66,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    isQuick: false,
  },
  ECC_SECG_P256K1: {
    name: 'secp256k1',
    objectIdentifier: Buffer.from('2b8104000a', 'hex'),
    fieldBytes: 32,
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    isQuick: false,
  },
}
