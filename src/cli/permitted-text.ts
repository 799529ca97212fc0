import type { DescribedAuthority } from '../network/index.ts'

const regionalName =
  /^(?<service>[a-z0-9-]+)\.(?<region>[a-z]{2}(?:-[a-z]+){1,2}-\d)\.(?<suffix>(?:vpce\.)?amazonaws\.com|api\.aws)$/

/** What an authority may serve, for people: the names of all services in all Regions would be hundreds of lines. */
export function permittedText({ permittedNames, permittedBlocks }: DescribedAuthority): readonly string[] {
  const matches = permittedNames.map(name => regionalName.exec(name)?.groups)
  const regional = matches.filter(groups => groups !== undefined)
  const others = permittedNames.filter((_name, index) => matches[index] === undefined)
  const distinct = (part: string): readonly string[] => [...new Set(regional.map(groups => groups[part]!))]
  const [services, regions, suffixes] = [distinct('service'), distinct('region'), distinct('suffix')]
  const isShort = regional.length > 0 && services.length * regions.length * suffixes.length === regional.length
  const names = isShort ? [...suffixes.map(suffix => `SERVICE.REGION.${suffix}`), ...others] : permittedNames
  return [
    ...listed('names    ', [...names, 'and all below these']),
    ...(isShort ? [...listed('SERVICE  ', services), ...listed('REGION   ', regions)] : []),
    ...listed('blocks   ', permittedBlocks),
  ]
}

const width = 110

/** Words with commas between them, in lines of readable length behind a head. */
function listed(head: string, words: readonly string[]): readonly string[] {
  const lines: string[] = []
  let line = head
  words.forEach((word, index) => {
    const more = index === words.length - 1 ? word : `${word},`
    if (line.length + more.length > width) {
      lines.push(line.trimEnd())
      line = ' '.repeat(head.length)
    }
    line += `${more} `
  })
  return [...lines, line.trimEnd()]
}
