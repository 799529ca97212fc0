import type { Caller } from '../base/index.ts'

/** Who asks, and in which Region. */
export interface Identity {
  readonly caller: Caller
  readonly region: string
}
