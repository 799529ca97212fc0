import type { SecretBytes } from '../base/index.ts'

/**
 * The wrapping keys of an installation, opened with the root key. Every secret that is stored goes through here.
 * Associated data (purpose first, then what the secret belongs to) binds a wrapped secret to its place, so that two records
 * can't be swapped.
 */
export interface KeyRing {
  /** Wraps under the newest wrapping key; the text names that key's version. */
  wrap(plaintext: SecretBytes, associatedData: readonly string[]): string

  /** Opens what `wrap` made with the same associated data. @throws {UnwrapError} without saying why. */
  unwrap(wrapped: string, associatedData: readonly string[]): SecretBytes

  /**
   * A key of 32 bytes that is always the same for a purpose in this installation (SP 800-108 from the ring's own secret),
   * e.g. for session tokens, the trail's chain, key material ids.
   */
  deriveKey(purpose: string): SecretBytes
}

/** A wrapped secret that does not open: altered, of another place, or of another installation. */
export class UnwrapError extends Error {
  override readonly name = 'UnwrapError'
}
