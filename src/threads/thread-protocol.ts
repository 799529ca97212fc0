import type { ComputationName } from '../crypto/index.ts'

/** How a thread is to be. */
export interface ThreadSettings {
  /** How far it stands back behind other threads (see nice(2)). */
  readonly niceness: number
}

/** What a thread is asked. One at a time. */
export interface ThreadOrder {
  readonly name: ComputationName
  readonly input: unknown
}

/** What it answers. */
export type ThreadAnswer = { readonly output: unknown } | { readonly failure: string }
