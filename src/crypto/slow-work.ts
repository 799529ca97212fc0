import type { ComputationInput, ComputationName, ComputationOutput } from './computations.ts'

/**
 * Work that costs more than the event loop can give (RSA, P-384, P-521, key generation): it runs elsewhere, and at most so many jobs at a
 * time, so that whatever is asked, a core is left for everything else. What waits is bounded: one job too many is a `SlowWorkFullError`.
 */
export interface SlowWork {
  /** Runs a job of Node's own asynchronous functions when its turn comes. The job must not hold the event loop. */
  run<T>(job: () => Promise<T>): Promise<T>
  /** Runs a computation that would hold the event loop, in a thread, when its turn comes. Its input is copied to the thread. */
  compute<Name extends ComputationName>(name: Name, input: ComputationInput<Name>): Promise<ComputationOutput<Name>>
  /** The same work, whose jobs wait in that account's row: accounts take turns. */
  forAccount(account: string): SlowWork
}

/** Too many jobs wait. Ask later. */
export class SlowWorkFullError extends Error {
  override readonly name = 'SlowWorkFullError'

  constructor() {
    super('Too many slow jobs wait')
  }
}
