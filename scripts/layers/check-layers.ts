import { posix } from 'node:path'
import { findCycles } from './find-cycles.ts'
import { readImports } from './read-imports.ts'
import type { Import } from './read-imports.ts'
import type { Room } from './rooms.ts'

/** One import, or one file, that the floors do not permit. */
export interface Violation {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** A place in `src`. The part is the folder inside a room that has parts. */
interface Place {
  readonly file: string
  readonly room: Room
  readonly part: string | undefined
}

// Node's modules that only compute: all that a room without I/O of its own may use.
const pureModules = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'events',
  'string_decoder',
  'url',
  'util',
  'zlib',
])

/**
 * Checks all files of `src` (by path inside it) against the floors: no import up, sideways, past a front door, or out of
 * `src`; no cycle between files or rooms. Imports of types count.
 */
export function checkLayers(rooms: readonly Room[], files: ReadonlyMap<string, string>): readonly Violation[] {
  const violations: Violation[] = []
  const fileGraph = new Map<string, string[]>()
  const roomGraph = new Map<string, string[]>()
  for (const [file, source] of files) {
    const from = placeOf(rooms, file)
    if (from === undefined) {
      violations.push({ file, line: 1, message: `${file} is in no room of layers.json` })
      continue
    }
    for (const each of readImports(source)) {
      const message = refusalOf(rooms, files, from, each)
      if (message !== undefined) violations.push({ file, line: each.line, message })
      const target = each.specifier.startsWith('.') ? resolve(file, each.specifier) : undefined
      if (target === undefined || !files.has(target)) continue
      append(fileGraph, file, target)
      const room = placeOf(rooms, target)?.room.name
      if (room !== undefined && room !== from.room.name) append(roomGraph, from.room.name, room)
    }
  }
  return [...violations, ...cycleViolations(fileGraph, 'files'), ...cycleViolations(roomGraph, 'rooms')]
}

function refusalOf(
  rooms: readonly Room[],
  files: ReadonlyMap<string, string>,
  from: Place,
  each: Import,
): string | undefined {
  const { specifier } = each
  if (specifier.startsWith('node:')) return builtInRefusal(from, specifier.slice('node:'.length))
  if (!specifier.startsWith('.')) return undefined
  const target = resolve(from.file, specifier)
  if (!files.has(target)) return `${specifier} is no source file of src`
  const to = placeOf(rooms, target)
  if (to === undefined) return `${specifier} is in no room of layers.json`
  return to.room.name === from.room.name ? partRefusal(from, to) : roomRefusal(from, to, each)
}

function builtInRefusal({ file, room }: Place, module: string): string | undefined {
  if (room.io === 'yes' || isTest(file) || pureModules.has(module)) return undefined
  return `node:${module} is I/O, and "${room.name}" has none of its own`
}

function partRefusal(from: Place, to: Place): string | undefined {
  if (from.part === undefined || to.part === from.part) return undefined
  if (to.part !== undefined)
    return `"${from.room.name}/${from.part}" and "${to.room.name}/${to.part}" do not know each other`
  return posix.basename(to.file) === 'index.ts'
    ? `a part of "${from.room.name}" imports the room's own front door`
    : undefined
}

function roomRefusal(from: Place, to: Place, { isTypeOnly, specifier }: Import): string | undefined {
  const direction = `"${from.room.name}" (floor ${from.room.floor}) imports "${to.room.name}" (floor ${to.room.floor})`
  if (to.room.floor > from.room.floor) return `${direction}: imports go downwards`
  if (to.room.floor === from.room.floor) {
    const neighbour = from.room.neighbours?.find(({ name }) => name === to.room.name)
    if (neighbour === undefined) return `${direction}: it is a neighbour`
    if (neighbour.typesOnly && !isTypeOnly) return `${direction}: only types are allowed`
  }
  const doors = to.room.doors ?? ['index.ts']
  const isDoor = doors.some(door => to.file === `${to.room.name}/${door}`)
  return isDoor
    ? undefined
    : `${specifier} passes the front door of "${to.room.name}": import its ${doors.join(' or ')}`
}

function placeOf(rooms: readonly Room[], file: string): Place | undefined {
  const [folder = '', inner = '', ...rest] = file.split('/')
  const room = rooms.find(({ name }) => name === folder)
  if (room === undefined || inner === '') return undefined
  return { file, room, part: rest.length > 0 && room.parts?.includes(inner) === true ? inner : undefined }
}

function cycleViolations(graph: ReadonlyMap<string, readonly string[]>, kind: string): readonly Violation[] {
  return findCycles(graph).map(cycle => ({
    file: cycle[0]!,
    line: 1,
    message: `a cycle of ${kind}: ${[...cycle, cycle[0]].join(' → ')}`,
  }))
}

function resolve(file: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier))
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts')
}

function append(graph: Map<string, string[]>, from: string, to: string): void {
  const targets = graph.get(from)
  if (targets === undefined) graph.set(from, [to])
  else targets.push(to)
}
