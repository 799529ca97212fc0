import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** What the log does to the file system; given as an argument, so that tests can make it fail. */
export interface TrailFiles {
  /** Numbers of the segments that there are, in order. */
  list(): readonly number[]
  /** The whole text of a segment. */
  read(segment: number): Buffer
  /** Makes a new segment; it must not exist. */
  create(segment: number): SegmentFile
  /** Opens a segment to go on writing behind `length` bytes; what is behind that is cut off. */
  reopen(segment: number, length: number): SegmentFile
  /** Removes a segment in which nothing was written. */
  remove(segment: number): void
}

export interface SegmentFile {
  readonly descriptor: number
  /** Writes all of it to a file that is still there, or throws. */
  write(bytes: Buffer): void
  close(): void
}

const nameForm = /^trail-(\d{8})\.log$/

/** Name of a segment's file. */
export function segmentName(segment: number): string {
  return `trail-${String(segment).padStart(8, '0')}.log`
}

/** Segments in a folder of their own, which is made with mode 0700; files have 0600 and links are not followed. */
export function openTrailFiles(directory: string): TrailFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const pathOf = (segment: number): string => join(directory, segmentName(segment))
  const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants
  return {
    list: () =>
      readdirSync(directory)
        .map(name => nameForm.exec(name)?.[1])
        .filter(number => number !== undefined)
        .map(Number)
        .sort((a, b) => a - b),
    read: segment => readFileSync(pathOf(segment)),
    create(segment) {
      const file = openSync(pathOf(segment), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0o600)
      syncDirectory(directory)
      return segmentFile(file)
    },
    reopen(segment, length) {
      const file = openSync(pathOf(segment), O_WRONLY | O_APPEND | O_NOFOLLOW)
      ftruncateSync(file, length)
      return segmentFile(file)
    },
    remove: segment => rmSync(pathOf(segment), { force: true }),
  }
}

// The name of a new file is durable only when its directory is.
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function segmentFile(descriptor: number): SegmentFile {
  return {
    descriptor,
    write(bytes) {
      let at = 0
      while (at < bytes.length) at += writeSync(descriptor, bytes, at)
      // What is written to a file that was removed is nowhere.
      if (fstatSync(descriptor).nlink === 0) throw new Error('The segment was removed')
    },
    close: () => closeSync(descriptor),
  }
}
