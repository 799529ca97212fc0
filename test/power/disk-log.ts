import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What a power cut leaves of what was not synced. */
export type Survival =
  /** Nothing. */
  | 'none'
  /** Of each file and folder the first changes, the last one of them torn. */
  | 'first'
  /** Of each page of a file the first changes to it, and of each name; pages and names in no order. */
  | 'any'
  /** All of it, as after the end of a process. */
  | 'all'

/** A number from 0 up to 1. */
export type Chance = () => number

interface Write {
  readonly kind: 'write'
  readonly offset: number
  readonly data: Buffer
}

interface Cut {
  readonly kind: 'cut'
  readonly length: number
}

type Change = Write | Cut

const pageBytes = 4_096

/** A file: its content on the disk, and the changes since. */
class DiskFile {
  readonly pending: Change[] = []
  /** How many changes there have been, and how many of them are on the disk. */
  changes = 0
  kept = 0
  #bytes = Buffer.alloc(0)
  #length = 0

  add(change: Change): void {
    this.pending.push(change)
    this.changes += 1
  }

  keep(upTo: number): void {
    while (this.kept < upTo) {
      this.#apply(this.pending.shift()!)
      this.kept += 1
    }
  }

  #apply(change: Change): void {
    if (change.kind === 'write') this.#write(change)
    else this.#cut(change.length)
  }

  #write({ offset, data }: Write): void {
    const end = offset + data.length
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(end * 2 - this.#bytes.length)])
    this.#bytes.set(data, offset)
    this.#length = Math.max(this.#length, end)
  }

  #cut(length: number): void {
    if (length > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(length - this.#bytes.length)])
    this.#bytes.fill(0, Math.min(length, this.#length))
    this.#length = length
  }

  after(survival: Survival, chance: Chance): Buffer {
    const left = new DiskFile()
    left.#bytes = Buffer.from(this.#bytes.subarray(0, this.#length))
    left.#length = this.#length
    for (const change of survivingOf(this.pending, survival, chance)) left.#apply(change)
    return left.#bytes.subarray(0, left.#length)
  }
}

function survivingOf(pending: readonly Change[], survival: Survival, chance: Chance): readonly Change[] {
  switch (survival) {
    case 'none':
      return []
    case 'all':
      return pending
    case 'first':
      return firstOf(pending, chance)
    case 'any':
      return anyPages(pending, chance)
  }
}

function firstOf(pending: readonly Change[], chance: Chance): readonly Change[] {
  const whole = Math.floor(chance() * (pending.length + 1))
  const next = pending[whole]
  const torn =
    next?.kind === 'write' ? [{ ...next, data: next.data.subarray(0, Math.floor(chance() * next.data.length)) }] : []
  return [...pending.slice(0, whole), ...torn]
}

// The system writes pages when it likes, each as it is at that moment.
function anyPages(pending: readonly Change[], chance: Chance): readonly Change[] {
  const keptOf = new Map<number, number>()
  return pending.flatMap((change, index): readonly Change[] => {
    if (change.kind === 'cut') return chance() < 0.5 ? [change] : []
    return pagesOf(change).filter(({ offset }) => {
      const page = Math.floor(offset / pageBytes)
      const kept = keptOf.get(page) ?? Math.floor(chance() * (pending.length + 1))
      keptOf.set(page, kept)
      return index < kept
    })
  })
}

function pagesOf({ offset, data }: Write): readonly Write[] {
  const pages: Write[] = []
  for (let at = 0; at < data.length;) {
    const end = Math.min(data.length, at + pageBytes - ((offset + at) % pageBytes))
    pages.push({ kind: 'write', offset: offset + at, data: data.subarray(at, end) })
    at = end
  }
  return pages
}

type Entry = DiskFile | DiskFolder
/** Names that change together: one that is given and the other that is taken away. */
type Renaming = readonly (readonly [string, Entry | undefined])[]

/** A folder: its names on the disk, and the changes since. */
class DiskFolder {
  readonly pending: Renaming[] = []
  readonly now = new Map<string, Entry>()
  readonly #names = new Map<string, Entry>()
  changes = 0
  kept = 0

  add(change: Renaming): void {
    this.pending.push(change)
    this.changes += 1
    apply(this.now, change)
  }

  keep(upTo: number): void {
    while (this.kept < upTo) {
      apply(this.#names, this.pending.shift()!)
      this.kept += 1
    }
  }

  after(survival: Survival, chance: Chance): ReadonlyMap<string, Entry> {
    const names = new Map(this.#names)
    const first = Math.floor(chance() * (this.pending.length + 1))
    for (const [index, change] of this.pending.entries()) {
      const survives = { none: false, all: true, first: index < first, any: chance() < 0.5 }
      if (survives[survival]) apply(names, change)
    }
    return names
  }
}

function apply(names: Map<string, Entry>, change: Renaming): void {
  for (const [name, entry] of change) {
    if (entry === undefined) names.delete(name)
    else names.set(name, entry)
  }
}

const kinds = ['', 'file', 'folder', 'write', 'cut', 'sync', 'synced', 'rename', 'link', 'unlink', 'say'] as const
const headBytes = 40

/** The log of a recording disk, read from its beginning on. */
export class DiskLog {
  readonly #log: Buffer
  readonly #root = new DiskFolder()
  readonly #entries = new Map<number, Entry>()
  readonly #syncs = new Map<number, { readonly entry: Entry; readonly upTo: number }>()
  /** Where the next act is in the log. */
  position = 0
  /** What was written to descriptor 1 so far. */
  said = ''
  /** How many syncs have ended so far. */
  synced = 0

  constructor(log: Buffer) {
    this.#log = log
  }

  /** Plays the next act; `false` at the end (also where the last act is written in part). */
  next(): boolean {
    const at = this.position
    if (at + headBytes > this.#log.length) return false
    const [kind = 0, file = 0, offset = 0, pathLength = 0, length = 0] = Array.from({ length: 5 }, (_, index) =>
      Number(this.#log.readBigInt64LE(at + index * 8)),
    )
    const end = at + headBytes + pathLength + length
    if (end > this.#log.length) return false
    const path = this.#log.toString('utf8', at + headBytes, at + headBytes + pathLength)
    this.#play(kinds[kind]!, file, offset, path, this.#log.subarray(at + headBytes + pathLength, end))
    this.position = end
    return true
  }

  #play(kind: (typeof kinds)[number], file: number, offset: number, path: string, data: Buffer): void {
    switch (kind) {
      case 'file':
        this.#make(path, file, new DiskFile())
        return
      case 'folder':
        if (path === '') this.#entries.set(file, this.#root)
        else this.#make(path, file, new DiskFolder())
        return
      case 'write':
        this.#fileOf(file)?.add({ kind: 'write', offset, data })
        return
      case 'cut':
        this.#fileOf(file)?.add({ kind: 'cut', length: offset })
        return
      case 'sync':
        this.#beginSync(file, offset)
        return
      case 'synced':
        this.#endSync(offset)
        return
      case 'rename':
      case 'link':
        this.#rename(kind, path, data.toString('utf8'))
        return
      case 'unlink':
        this.#folderOf(path).add([[basename(path), undefined]])
        return
      case 'say':
        this.said += data.toString('utf8')
        return
      default:
        throw new TypeError(`${kind} is no act of a disk`)
    }
  }

  #make(path: string, file: number, entry: Entry): void {
    this.#entries.set(file, entry)
    this.#folderOf(path).add([[basename(path), entry]])
  }

  #rename(kind: 'rename' | 'link', from: string, to: string): void {
    const entry = this.#folderOf(from).now.get(basename(from))!
    const taken: Renaming = kind === 'rename' ? [[basename(from), undefined]] : []
    const isHere = dirname(from) === dirname(to)
    this.#folderOf(to).add([[basename(to), entry], ...(isHere ? taken : [])])
    if (!isHere && taken.length > 0) this.#folderOf(from).add(taken)
  }

  #beginSync(file: number, sync: number): void {
    const entry = this.#entries.get(file)
    if (entry !== undefined) this.#syncs.set(sync, { entry, upTo: entry.changes })
  }

  #endSync(sync: number): void {
    const begun = this.#syncs.get(sync)
    this.#syncs.delete(sync)
    this.synced += 1
    begun?.entry.keep(begun.upTo)
  }

  #fileOf(file: number): DiskFile | undefined {
    const entry = this.#entries.get(file)
    return entry instanceof DiskFile ? entry : undefined
  }

  #folderOf(path: string): DiskFolder {
    let folder = this.#root
    for (const name of dirname(path).split('/')) {
      if (name === '.') continue
      const next = folder.now.get(name)
      if (!(next instanceof DiskFolder)) throw new TypeError(`${path} is in no folder that was made`)
      folder = next
    }
    return folder
  }

  /** Writes to an empty folder what a power cut now would leave. */
  cut(target: string, survival: Survival, chance: Chance): void {
    leave(this.#root, target, survival, chance)
  }
}

function leave(folder: DiskFolder, target: string, survival: Survival, chance: Chance): void {
  for (const [name, entry] of folder.after(survival, chance)) {
    const path = join(target, name)
    if (entry instanceof DiskFile) writeFileSync(path, entry.after(survival, chance), { mode: 0o600 })
    else {
      mkdirSync(path, { mode: 0o700 })
      leave(entry, path, survival, chance)
    }
  }
}
