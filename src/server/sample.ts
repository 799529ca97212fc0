// So many lines a second about what anybody can cause; the rest is only counted.
const sampledLinesPerSecond = 5

/** Says yes a few times a second. */
export function sample(): () => boolean {
  let second = 0
  let lines = 0
  return () => {
    const now = Math.floor(performance.now() / 1_000)
    lines = now === second ? lines + 1 : 0
    second = now
    return lines < sampledLinesPerSecond
  }
}
