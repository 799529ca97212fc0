import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/**
 * Bytes that must not be seen: prints as `[secret]`, compares in constant time, and is wiped by its owner.
 * JavaScript can't promise that no copy was made by the engine; wiping removes the copy that we know of.
 */
export class SecretBytes {
  readonly #bytes: Buffer

  /** Takes over the buffer: the caller must not use it afterwards. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes.length
  }

  /** The plaintext itself, not a copy. Every use of this name is a place to look at. */
  exposeBytes(): Buffer {
    return this.#bytes
  }

  /** In constant time. */
  isSameAs(other: SecretBytes): boolean {
    return this.#bytes.length === other.#bytes.length && timingSafeEqual(this.#bytes, other.#bytes)
  }

  /** Overwrites the bytes. The object is of no use afterwards. */
  wipe(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
