import { constants, generateKeyPairSync, privateDecrypt, privateEncrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { AttestationClaim } from './attestation/index.ts'
import type { EcdsaDigest, EcdsaDigestSignature } from './ecdsa-digest.ts'
import type { Prehashed, PrehashedSignature } from './ed25519ph.ts'
import { checkCurveKey } from './imported-curve-key.ts'
import type { ImportedCurveKey } from './imported-curve-key.ts'
import { checkRsaKey } from './imported-rsa-key.ts'
import type { ImportedRsaKey } from './imported-rsa-key.ts'
import type { Mu, MuSignature } from './ml-dsa-mu.ts'

/** An RSA private key and what to apply it to. */
export interface RsaInput {
  readonly key: KeyObject
  readonly input: Uint8Array
}

/** A ciphertext of RSAES-OAEP. */
export interface OaepInput extends RsaInput {
  readonly hash: 'sha1' | 'sha256'
}

/**
 * What Node or a library can only do in a blocking way: these run in threads. Inputs and outputs are values that can be copied to another
 * thread; a `KeyObject` is handed over without its bytes. The libraries are loaded by the threads that need them alone.
 */
export const computations = {
  /** The bare private operation (RFC 8017 section 5.2.1); OpenSSL blinds it and checks its result. */
  rsaPrivate: ({ key, input }: RsaInput): Uint8Array =>
    privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, input),
  rsaDecryptOaep,
  generateRsa: ({ modulusLength }: { readonly modulusLength: number }): Uint8Array =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent: 65_537 }).privateKey.export({
      format: 'der',
      type: 'pkcs8',
    }),
  checkRsaKey: (input: ImportedRsaKey): Uint8Array | undefined => checkRsaKey(input),
  checkCurveKey: (input: ImportedCurveKey): Uint8Array | undefined => checkCurveKey(input),
  ecdsaSign: async (input: EcdsaDigest) => (await import('./ecdsa-digest.ts')).signDigest(input),
  ecdsaVerify: async (input: EcdsaDigestSignature) => (await import('./ecdsa-digest.ts')).verifyDigest(input),
  ed25519phSign: async (input: Prehashed) => (await import('./ed25519ph.ts')).signPrehashed(input),
  ed25519phVerify: async (input: PrehashedSignature) => (await import('./ed25519ph.ts')).verifyPrehashed(input),
  mlDsaSignMu: async (input: Mu) => (await import('./ml-dsa-mu.ts')).signMu(input),
  verifyAttestation: async (input: AttestationClaim) =>
    (await import('./attestation/verify-attestation.ts')).verifyAttestation(input),
  mlDsaVerifyMu: async (input: MuSignature) => (await import('./ml-dsa-mu.ts')).verifyMu(input),
} as const

type Computations = typeof computations

/** Names of the computations. */
export type ComputationName = keyof Computations

/** What a computation takes. */
export type ComputationInput<Name extends ComputationName> = Parameters<Computations[Name]>[0]

/** What a computation gives. */
export type ComputationOutput<Name extends ComputationName> = Awaited<ReturnType<Computations[Name]>>

/** Computations of tenths of a second and more: they have a lane of their own. */
export const longComputations: ReadonlySet<ComputationName> = new Set(['generateRsa', 'checkRsaKey'])

/** Gives `undefined` for every ciphertext that is not one of this key: why it is not is never told. */
function rsaDecryptOaep({ key, hash, input }: OaepInput): Uint8Array | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, input)
  } catch {
    return undefined
  }
}
