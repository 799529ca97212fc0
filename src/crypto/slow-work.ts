/**
 * Work that costs more than the event loop can give (RSA, P-384, P-521, key generation): it runs elsewhere, and at most so many jobs at a
 * time, so that whatever is asked, a core is left for everything else.
 */
export interface SlowWork {
  /** Runs a job when its turn comes. */
  run<T>(job: () => Promise<T>): Promise<T>
}
