type Piece = { readonly kind: 'run' } | { readonly kind: 'one' } | { readonly kind: 'text'; readonly text: string }

const run: Piece = { kind: 'run' }
const one: Piece = { kind: 'one' }

/**
 * Compiles the value of a filter: `*` stands for any run of characters, `?` for one, and a backslash takes the meaning of what is
 * behind it away. Matching takes no more steps than pattern times text: no value that somebody sends holds the server up.
 */
export function filterPattern(value: string): (text: string) => boolean {
  const pieces = piecesOf(value)
  return text => matches(pieces, Array.from(text))
}

/** One piece for each character; a backslash is of the character behind it, or stands for itself at the end. */
function piecesOf(value: string): readonly Piece[] {
  return (value.match(/\\?[^]/gu) ?? []).map((part): Piece => {
    if (part === '*') return run
    if (part === '?') return one
    return { kind: 'text', text: part.length > 1 && part.startsWith('\\') ? part.slice(1) : part }
  })
}

/** Only the last run is ever made longer: what an earlier one could take more, this one can take too. */
function matches(pieces: readonly Piece[], text: readonly string[]): boolean {
  let [at, piece] = [0, 0]
  let lastRun: { readonly piece: number; readonly end: number } | undefined
  while (at < text.length) {
    const wanted = pieces[piece]
    if (wanted?.kind === 'run') lastRun = { piece: piece++, end: at }
    else if (wanted?.kind === 'one' || wanted?.text === text[at]) [at, piece] = [at + 1, piece + 1]
    else if (lastRun === undefined) return false
    else {
      lastRun = { piece: lastRun.piece, end: lastRun.end + 1 }
      ;[at, piece] = [lastRun.end, lastRun.piece + 1]
    }
  }
  return pieces.slice(piece).every(rest => rest.kind === 'run')
}
