import type { Caller } from '../base/index.ts'

/** Who asks, and in which Region. */
export interface Identity {
  readonly caller: Caller
  readonly region: string
  /** Lower-case names of the headers that were signed: none where no signature said who asks. */
  readonly signedHeaders: readonly string[]
}
