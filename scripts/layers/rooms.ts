import { readFileSync } from 'node:fs'

/** One folder of `src`, as `layers.json` has it. */
export interface Room {
  readonly name: string
  /** A room imports only from floors below its own. */
  readonly floor: number
  readonly holds: string
  /** Whether its own files may touch disks, sockets and processes. */
  readonly io: 'yes' | 'no' | 'by storage'
  /** Rooms of the same floor that it may import from after all. */
  readonly neighbours?: readonly { readonly name: string; readonly typesOnly: boolean }[]
  /** Files that others import; `index.ts` alone unless told. */
  readonly doors?: readonly string[]
  /** Folders inside the room that don't know each other, only the files beside them. */
  readonly parts?: readonly string[]
}

/** The rooms of this repository. */
export function readRooms(): readonly Room[] {
  const text = readFileSync(new URL('layers.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly rooms: readonly Room[] }).rooms
}
