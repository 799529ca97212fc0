/** A zone of a Region. */
export interface Zone {
  readonly name: string
  readonly id: string
}

const letters = ['a', 'b', 'c', 'd']

const directions: Readonly<Record<string, string>> = {
  north: 'n',
  south: 's',
  east: 'e',
  west: 'w',
  central: 'c',
  northeast: 'ne',
  southeast: 'se',
  northwest: 'nw',
  southwest: 'sw',
}

/** The zones that Postern gives every Region: four, named as AWS names them (`us-west-2a`, `usw2-az1`). */
export function zonesOf(region: string): readonly Zone[] {
  const parts = region.split('-')
  const short = parts.map(part => directions[part] ?? part).join('')
  return letters.map((letter, index) => ({ name: `${region}${letter}`, id: `${short}-az${index + 1}` }))
}
