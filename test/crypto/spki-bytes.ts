import type { KeySpec } from '../../src/crypto/index.ts'

/** Bytes of the public keys that AWS answers with, as SubjectPublicKeyInfo in DER. */
export const spkiBytes: Readonly<Partial<Record<KeySpec, number>>> = {
  RSA_2048: 294,
  RSA_3072: 422,
  RSA_4096: 550,
  ECC_NIST_P256: 91,
  ECC_NIST_P384: 120,
  ECC_NIST_P521: 158,
  ECC_SECG_P256K1: 88,
  ECC_NIST_EDWARDS25519: 44,
  ML_DSA_44: 1_334,
  ML_DSA_65: 1_974,
  ML_DSA_87: 2_614,
  ML_KEM_512: 822,
  ML_KEM_768: 1_206,
  ML_KEM_1024: 1_590,
}
