// The thread of the trail's index: tails the segments and answers look-ups.
import { chmodSync, closeSync, constants, openSync, readSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { eventOf } from './chain.ts'
import type { FoundEvent, LookupAnswer, LookupAttribute, LookupQuery } from './event-index.ts'
import { segmentName } from './trail-files.ts'

const { directory, file } = workerData as { readonly directory: string; readonly file: string }

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), segment INTEGER NOT NULL, offset INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, time INTEGER NOT NULL, event_id TEXT NOT NULL,
    event_name TEXT NOT NULL, read_only TEXT NOT NULL, username TEXT NOT NULL, event_source TEXT NOT NULL, access_key_id TEXT NOT NULL,
    segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_of_account ON events (account, sequence);
  CREATE INDEX IF NOT EXISTS events_by_id ON events (event_id);
  CREATE TABLE IF NOT EXISTS resources (sequence INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS resources_by_name ON resources (name, sequence);
  CREATE INDEX IF NOT EXISTS resources_of_event ON resources (sequence);
`

/** Opens the index; one that can't be read, as after a power cut, is made again from the log. */
function openDatabase(): DatabaseSync {
  try {
    return createDatabase()
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
    return createDatabase()
  }
}

function createDatabase(): DatabaseSync {
  // Made before SQLite would, with a mode of its own; the -wal and -shm beside it get the same.
  closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600))
  chmodSync(file, 0o600)
  const opened = new DatabaseSync(file)
  try {
    opened.exec(schema)
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

const database = openDatabase()
const insertEvent = database.prepare('INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
const insertResource = database.prepare('INSERT INTO resources VALUES (?, ?, ?)')
const forgetResources = database.prepare('DELETE FROM resources WHERE sequence = ?')
const savePosition = database.prepare('INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?)')

interface Position {
  segment: number
  offset: number
  sequence: number
}

const position: Position = (database.prepare('SELECT segment, offset, sequence FROM position').get() as
  | Position
  | undefined) ?? {
  segment: 1,
  offset: 0,
  sequence: 0,
}

const chunkBytes = 1_048_576
const lineEnd = 0x0a

/** Indexes what the segments hold behind the position, a chunk a transaction. */
function catchUp(): void {
  for (;;) {
    const read = indexChunk()
    if (read > 0) continue
    if (!hasSegment(position.segment + 1)) return
    // A segment ends where the next one begins.
    position.segment++
    position.offset = 0
  }
}

const hasSegment = (segment: number): boolean => readdirSync(directory).includes(segmentName(segment))

function indexChunk(): number {
  if (!hasSegment(position.segment)) return 0
  const bytes = readAt(position.segment, position.offset, chunkBytes)
  const end = bytes.lastIndexOf(lineEnd) + 1
  if (end === 0) return 0
  database.exec('BEGIN')
  for (let at = 0; at < end;) {
    const next = bytes.indexOf(lineEnd, at)
    indexLine(bytes.toString('utf8', at, next), position.offset + at, next - at)
    at = next + 1
  }
  position.offset += end
  savePosition.run(position.segment, position.offset, position.sequence)
  database.exec('COMMIT')
  return end
}

function readAt(segment: number, offset: number, length: number): Buffer {
  const descriptor = openSync(join(directory, segmentName(segment)), 'r')
  try {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset))
  } finally {
    closeSync(descriptor)
  }
}

interface StoredEvent {
  readonly eventTime: string
  readonly eventID: string
  readonly eventName: string
  readonly eventSource: string
  readonly awsRegion: string
  readonly readOnly: boolean
  readonly recipientAccountId: string
  readonly userIdentity: {
    readonly type?: string
    readonly userName?: string
    readonly principalId?: string
    readonly accessKeyId?: string
  }
  readonly resources?: readonly { readonly type: string; readonly ARN: string }[]
}

function indexLine(line: string, offset: number, length: number): void {
  const found = eventOf(line)
  if (found === undefined) return
  const event = JSON.parse(found.event) as StoredEvent
  const { sequence } = found
  // A record that was abandoned in one segment is written again in the next: the later one counts.
  forgetResources.run(sequence)
  insertEvent.run(
    sequence,
    event.recipientAccountId,
    event.awsRegion,
    Date.parse(event.eventTime),
    event.eventID,
    event.eventName,
    String(event.readOnly),
    usernameOf(event.userIdentity),
    event.eventSource,
    event.userIdentity.accessKeyId ?? '',
    position.segment,
    offset,
    length,
  )
  for (const { type, ARN } of event.resources ?? []) insertResource.run(sequence, type, ARN)
  position.sequence = Math.max(position.sequence, sequence)
}

/** CloudTrail's user name of an event: the session's name for a role. */
function usernameOf({ type, userName, principalId = '' }: StoredEvent['userIdentity']): string {
  if (type === 'AssumedRole') return principalId.split(':')[1] ?? principalId
  return userName ?? (type === 'Root' ? 'root' : '')
}

const columns: Readonly<Record<Exclude<LookupAttribute, 'ResourceType' | 'ResourceName'>, string>> = {
  EventId: 'event_id',
  EventName: 'event_name',
  ReadOnly: 'read_only',
  Username: 'username',
  EventSource: 'event_source',
  AccessKeyId: 'access_key_id',
}

function lookup(query: LookupQuery): LookupAnswer {
  const { account, region, attribute, start, end, limit, before } = query
  // IAM's events are of one Region; they are shown in every one, so that nobody misses them.
  const clauses = ['account = ?', "(region = ? OR event_source = 'iam.amazonaws.com')"]
  const values: (string | number)[] = [account, region]
  const where = (clause: string, value: string | number | undefined): void => {
    if (value === undefined) return
    clauses.push(clause)
    values.push(value)
  }
  where('time >= ?', start)
  where('time <= ?', end)
  where('sequence < ?', before)
  where(attribute === undefined ? '' : attributeClause(attribute.name), attribute?.value)
  const sql = `SELECT sequence, segment, offset, length FROM events WHERE ${clauses.join(' AND ')} ORDER BY sequence DESC LIMIT ?`
  const rows = database.prepare(sql).all(...values, limit) as unknown as readonly Place[]
  return { events: rows.map(readEvent) }
}

function attributeClause(name: LookupAttribute): string {
  if (name === 'ResourceType') return 'sequence IN (SELECT sequence FROM resources WHERE type = ?)'
  // AWS finds a resource by its name as well as by its ARN.
  if (name === 'ResourceName')
    return "sequence IN (SELECT sequence FROM resources WHERE ? IN (name, substr(name, instr(name, '/') + 1)))"
  return `${columns[name]} = ?`
}

interface Place {
  readonly sequence: number
  readonly segment: number
  readonly offset: number
  readonly length: number
}

function readEvent({ sequence, segment, offset, length }: Place): FoundEvent {
  const { event } = eventOf(readAt(segment, offset, length).toString('utf8'))!
  return { sequence, event }
}

type Message =
  | { readonly kind: 'follow'; readonly sequence: number }
  | { readonly kind: 'lookup'; readonly id: number; readonly query: LookupQuery; readonly upTo: number }

parentPort!.on('message', (message: Message) => {
  if (message.kind === 'follow') return catchUp()
  try {
    if (position.sequence < message.upTo) catchUp()
    parentPort!.postMessage({ id: message.id, answer: lookup(message.query) })
  } catch (error) {
    parentPort!.postMessage({ id: message.id, error: String(error) })
  }
})
