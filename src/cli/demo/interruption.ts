/** Runs what ends the demo in good order when it is told to stop, and then ends the process. */
export function endWhenInterrupted(end: () => Promise<void>): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write('\npostern: The demo was interrupted\n')
      const exit = (): never => process.exit(128 + number)
      end().then(exit, exit)
    })
  }
}
