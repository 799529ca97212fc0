import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makeDirectory } from '../base/index.ts'
import { syncPath } from '../storage/index.ts'

/** What the log does to the file system; given as an argument, so that tests can make it fail. */
export interface TrailFiles {
  /** Numbers of the segments that there are, in order. */
  list(): readonly number[]
  /** The whole text of a segment, or as many bytes of its beginning. */
  read(segment: number, length?: number): Buffer
  /** Makes a new segment that begins with these bytes; it must not exist. It has its name only once they are written. */
  create(segment: number, beginning: Buffer): SegmentFile
  /** Opens a segment to go on writing behind `length` bytes; what is behind that is cut off. */
  reopen(segment: number, length: number): SegmentFile
  /** Removes a segment that holds nothing which is not elsewhere. */
  remove(segment: number): void
  /** Keeps what a segment holds behind `length` bytes in a file beside it, and gives that file's path. */
  setAside(segment: number, length: number): string
  /** Takes segments and their names to the disk, whatever process wrote them. */
  sync(segments: readonly number[]): void
}

/** A segment that is open for writing. */
export interface SegmentFile {
  readonly descriptor: number
  /** Writes all of it to a file that is still there, or throws. */
  write(bytes: Buffer): void
  /** Throws where the file is no longer the one of its name, or its folder can't be used. */
  requirePlace(): void
  close(): void
}

const nameForm = /^trail-(\d{8})\.log$/

/** Name of a segment's file. */
export function segmentName(segment: number): string {
  return `trail-${String(segment).padStart(8, '0')}.log`
}

/** Numbers of the segments in a folder, in order. */
export function listSegments(directory: string): readonly number[] {
  return readdirSync(directory)
    .map(name => nameForm.exec(name)?.[1])
    .filter(number => number !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

/** Whether a folder holds segments of a trail. */
export function hasSegments(directory: string): boolean {
  try {
    return listSegments(directory).length > 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

const { O_RDONLY, O_WRONLY, O_APPEND, O_NOFOLLOW, R_OK, W_OK, X_OK } = constants

const syncUnlinked = (path: string): void => syncPath(path, O_RDONLY | O_NOFOLLOW)

/** Segments in a folder of their own, which is made with mode 0700; files have 0600 and links are not followed. */
export function openTrailFiles(directory: string): TrailFiles {
  for (const made of makeDirectory({ mkdirSync, statSync }, resolve(directory), 0o700)) syncPath(dirname(made))
  const pathOf = (segment: number): string => join(directory, segmentName(segment))
  return {
    list: () => listSegments(directory),
    read: (segment, length) =>
      length === undefined ? readFileSync(pathOf(segment)) : readBeginning(pathOf(segment), length),
    create: (segment, beginning) => createSegment(directory, pathOf(segment), beginning),
    reopen(segment, length) {
      const descriptor = openSync(pathOf(segment), O_WRONLY | O_APPEND | O_NOFOLLOW)
      ftruncateSync(descriptor, length)
      return segmentFile(directory, pathOf(segment), descriptor)
    },
    remove: segment => rmSync(pathOf(segment), { force: true }),
    setAside: (segment, length) => setAside(directory, pathOf(segment), length),
    sync(segments) {
      for (const segment of segments) syncUnlinked(pathOf(segment))
      syncUnlinked(directory)
    },
  }
}

function readBeginning(path: string, length: number): Buffer {
  const descriptor = openSync(path, O_RDONLY)
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0))
  } finally {
    closeSync(descriptor)
  }
}

// A segment that goes on for another one counts in its place from its first line on: so it must be there whole or not at all,
// whenever the process is killed. Unlike a renaming, a link is never made in the place of something else.
function createSegment(directory: string, path: string, beginning: Buffer): SegmentFile {
  const unnamed = `${path}.new`
  rmSync(unnamed, { force: true })
  try {
    writeFileSync(unnamed, beginning, { flag: 'wx', mode: 0o600 })
    linkSync(unnamed, path)
  } finally {
    rmSync(unnamed, { force: true })
  }
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW)
    syncUnlinked(directory)
    return segmentFile(directory, path, descriptor)
  } catch (error) {
    // Left there, it would be in the way of every further attempt.
    if (descriptor !== undefined) closeSync(descriptor)
    rmSync(path, { force: true })
    throw error
  }
}

function setAside(directory: string, path: string, length: number): string {
  let aside = `${path}.cut`
  for (let count = 2; existsSync(aside); count++) aside = `${path}.cut-${count}`
  if (length === 0) renameSync(path, aside)
  else writeFileSync(aside, readFileSync(path).subarray(length), { flag: 'wx', mode: 0o600, flush: true })
  syncUnlinked(directory)
  return aside
}

// The name of a new file is durable only when its directory is.
function segmentFile(directory: string, path: string, descriptor: number): SegmentFile {
  const requireLinked = (): void => {
    // What is written to a file that was removed is nowhere.
    if (fstatSync(descriptor).nlink === 0) throw new Error('The segment was removed')
  }
  return {
    descriptor,
    write(bytes) {
      let at = 0
      while (at < bytes.length) at += writeSync(descriptor, bytes, at)
      requireLinked()
    },
    requirePlace() {
      requireLinked()
      const [own, named] = [fstatSync(descriptor), lstatSync(path, { throwIfNoEntry: false })]
      if (own.ino !== named?.ino || own.dev !== named.dev)
        throw new Error('Another file is in the place of the segment')
      accessSync(directory, R_OK | W_OK | X_OK)
    },
    close: () => closeSync(descriptor),
  }
}
