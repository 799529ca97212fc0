import type { Room } from './rooms.ts'

/** The floors as a Mermaid diagram and a table, in Markdown: generated into ARCHITECTURE.md. */
export function drawLayers(rooms: readonly Room[]): string {
  return `${drawDiagram(rooms)}\n\n${drawTable(rooms)}\n`
}

function drawDiagram(rooms: readonly Room[]): string {
  const floors = [...new Set(rooms.map(room => room.floor))].toSorted((a, b) => b - a)
  const boxes = floors.map(floor => {
    const names = rooms.filter(room => room.floor === floor).map(room => `    ${room.name}`)
    return [`  subgraph floor${floor}["floor ${floor}"]`, '    direction LR', ...names, '  end'].join('\n')
  })
  const arrows = floors.slice(1).map((floor, index) => `  floor${floors[index]!} --> floor${floor}`)
  const neighbours = rooms.flatMap(room =>
    (room.neighbours ?? []).map(
      ({ name, typesOnly }) => `  ${room.name} -. ${typesOnly ? 'types' : 'imports'} .-> ${name}`,
    ),
  )
  return ['```mermaid', 'flowchart TB', ...boxes, ...arrows, ...neighbours, '```'].join('\n')
}

function drawTable(rooms: readonly Room[]): string {
  const rows = rooms.map(({ name, floor, holds, io }) => `| ${floor} | \`${name}\` | ${holds} | ${io} |`)
  return ['| floor | room | what lives there | I/O |', '|---|---|---|---|', ...rows].join('\n')
}
