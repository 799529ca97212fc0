/** The word of a list that was probably meant: the one that takes the fewest changed letters, if few enough do. */
export function nearestWord(given: string, words: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const word of words) {
    const distance = editDistance(given, word)
    if (distance < fewest) [nearest, fewest] = [word, distance]
  }
  return nearest
}

/** How many letters must be put in, left out, replaced or swapped with the next to come from one word to another. */
function editDistance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const line = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swapped = isSwap ? before[column - 2]! + 1 : Infinity
      line.push(Math.min(replaced, swapped, above[column]! + 1, line[column - 1]! + 1))
    }
    ;[before, above] = [above, line]
  }
  return above[to.length]!
}
