// The thread of the trail's index: tails the segments and answers look-ups.
import { chmodSync, closeSync, constants, openSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { parseArn } from '../base/index.ts'
import { eventOf, startOf } from './chain.ts'
import type { FoundEvent, LookupAnswer, LookupAttribute, LookupQuery } from './event-index.ts'
import { listSegments, segmentName } from './trail-files.ts'

const { directory, file } = workerData as { readonly directory: string; readonly file: string }

/** Of the tables below: an index of another form is made again from the log. */
const form = 2

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
  CREATE TABLE IF NOT EXISTS resource_types (
    account TEXT NOT NULL, type TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (account, type, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS resource_names (
    account TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (account, name, sequence)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${form};
`

const placeColumns = 'sequence, segment, offset, length, event_id AS eventId, username'

/** Where an event is in the log. */
interface Place {
  readonly sequence: number
  readonly segment: number
  readonly offset: number
  readonly length: number
  readonly eventId: string
  readonly username: string
}

/** Opens the index; one that can't be read or is not of this log, as after a power cut, is made again from the log. */
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
    requireForm(opened)
    opened.exec(schema)
    requireLog(opened)
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

function requireForm(opened: DatabaseSync): void {
  const isNew = opened.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  const found = opened.prepare('PRAGMA user_version').get()?.['user_version']
  if (!isNew && found !== form) throw new Error(`The index has form ${String(found)}`)
}

// A power cut may take from the log what was not synced, and leave the index what it had of it.
function requireLog(opened: DatabaseSync): void {
  const last = opened.prepare(`SELECT ${placeColumns} FROM events ORDER BY sequence DESC LIMIT 1`).get() as
    | Place
    | undefined
  if (last !== undefined) readEvent(last)
}

const database = openDatabase()
const insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
const insertType = database.prepare('INSERT OR IGNORE INTO resource_types VALUES (?, ?, ?)')
const insertName = database.prepare('INSERT OR IGNORE INTO resource_names VALUES (?, ?, ?)')
const forgetFrom = ['events', 'resource_types', 'resource_names'].map(table =>
  database.prepare(`DELETE FROM ${table} WHERE sequence >= ?`),
)
const savePosition = database.prepare('INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?)')

interface Position {
  segment: number
  offset: number
  sequence: number
}

const start: Position = { segment: 0, offset: 0, sequence: 0 }
const position: Position = {
  ...start,
  ...(database.prepare('SELECT segment, offset, sequence FROM position').get() as Position | undefined),
}

const chunkBytes = 1_048_576
const lineEnd = 0x0a

/** Indexes what the segments hold behind the position, a chunk a transaction. */
function catchUp(): void {
  for (;;) {
    // Asked before the last bytes of this one are read: once there is a next one, none come to this one any more.
    const next = listSegments(directory).find(segment => segment > position.segment)
    if (indexChunk() > 0) continue
    if (next === undefined) return
    position.segment = next
    position.offset = 0
  }
}

/** Forgets everything: it is made again from the log. */
function startOver(): void {
  database.exec('BEGIN')
  try {
    for (const forget of forgetFrom) forget.run(0)
    savePosition.run(start.segment, start.offset, start.sequence)
    database.exec('COMMIT')
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
  Object.assign(position, start)
}

const hasSegment = (segment: number): boolean => listSegments(directory).includes(segment)

function indexChunk(): number {
  if (!hasSegment(position.segment)) return 0
  const bytes = readAt(position.segment, position.offset, chunkBytes)
  const end = bytes.lastIndexOf(lineEnd) + 1
  if (end === 0) return 0
  const { ...before } = position
  database.exec('BEGIN')
  try {
    for (let at = 0; at < end;) {
      const next = bytes.indexOf(lineEnd, at)
      indexLine(bytes.toString('utf8', at, next), position.offset + at, next - at)
      at = next + 1
    }
    position.offset += end
    savePosition.run(position.segment, position.offset, position.sequence)
    database.exec('COMMIT')
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK')
    Object.assign(position, before)
    throw error
  }
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
  const after = offset === 0 ? startOf(line) : undefined
  if (after !== undefined) return goOnBehind(after)
  const found = eventOf(line)
  // Whatever else somebody has written there is no record of the log.
  if (found?.sequence !== position.sequence + 1) return
  const event = JSON.parse(found.event) as StoredEvent
  const { sequence } = found
  const { recipientAccountId: account, userIdentity, resources = [] } = event
  insertEvent.run(
    sequence,
    account,
    event.awsRegion,
    Date.parse(event.eventTime),
    event.eventID,
    event.eventName,
    String(event.readOnly),
    usernameOf(userIdentity),
    event.eventSource,
    userIdentity.accessKeyId ?? '',
    position.segment,
    offset,
    length,
  )
  for (const { type, ARN } of resources) {
    insertType.run(account, type, sequence)
    for (const name of namesOf(ARN)) insertName.run(account, name, sequence)
  }
  position.sequence = sequence
}

// What a segment holds behind the place where the next one goes on was abandoned: the later records count.
function goOnBehind(sequence: number): void {
  for (const forget of forgetFrom) forget.run(sequence + 1)
  position.sequence = sequence
}

/** CloudTrail's user name of an event: the session's name for a role. */
function usernameOf({ type, userName, principalId = '' }: StoredEvent['userIdentity']): string {
  if (type === 'AssumedRole') return principalId.split(':')[1] ?? principalId
  return userName ?? (type === 'Root' ? 'root' : '')
}

/** What a resource is found by: `arn:…:user/team/anna`, `user/team/anna`, `team/anna` and `anna`. */
function namesOf(arn: string): readonly string[] {
  const resource = parseArn(arn)?.resource
  if (resource === undefined) return [arn]
  return [arn, resource, resource.slice(resource.indexOf('/') + 1), resource.slice(resource.lastIndexOf('/') + 1)]
}

interface Attribute {
  readonly from: string
  readonly column: string
}

const ofEvents = (column: string): Attribute => ({ from: 'events', column })
const ofResources = (table: string, column: string): Attribute => ({
  from: `${table} JOIN events USING (account, sequence)`,
  column,
})

const attributes: Readonly<Record<LookupAttribute, Attribute>> = {
  EventId: ofEvents('event_id'),
  EventName: ofEvents('event_name'),
  ReadOnly: ofEvents('read_only'),
  Username: ofEvents('username'),
  ResourceType: ofResources('resource_types', 'type'),
  ResourceName: ofResources('resource_names', 'name'),
  EventSource: ofEvents('event_source'),
  AccessKeyId: ofEvents('access_key_id'),
}

// What has no Region of its own is recorded in us-east-1, IAM and the global endpoint of STS: it is shown in every Region, so that
// nobody misses it.
const isShown = "(region = ? OR region = 'us-east-1' AND event_source IN ('iam.amazonaws.com', 'sts.amazonaws.com'))"

function lookup({ account, region, attribute, start, end, limit, before }: LookupQuery): LookupAnswer {
  const searched = attribute === undefined ? undefined : attributes[attribute.name]
  const clauses = ['account = ?', isShown]
  const values: (string | number)[] = [account, region]
  const where = (clause: string, value: string | number | undefined): void => {
    if (value === undefined) return
    clauses.push(clause)
    values.push(value)
  }
  where('time >= ?', start)
  where('time <= ?', end)
  where('sequence < ?', before)
  where(`${searched?.column} = ?`, attribute?.value)
  const sql = `SELECT ${placeColumns} FROM ${searched?.from ?? 'events'} WHERE ${clauses.join(' AND ')} ORDER BY sequence DESC LIMIT ?`
  const rows = database.prepare(sql).all(...values, limit) as unknown as readonly Place[]
  return { events: rows.map(readEvent) }
}

/** Reads the event that is indexed at a place. @throws {Error} where it is not there. */
function readEvent({ sequence, segment, offset, length, eventId, username }: Place): FoundEvent {
  const found = eventOf(readAt(segment, offset, length).toString('utf8'))
  if (found?.sequence !== sequence || !found.event.includes(`"eventID":"${eventId}"`)) {
    throw new Error(`Record ${sequence} is not where the index has it`)
  }
  return { sequence, eventId, event: found.event, ...(username === '' ? {} : { username }) }
}

type Message =
  | { readonly kind: 'follow'; readonly sequence: number }
  | { readonly kind: 'lookup'; readonly id: number; readonly query: LookupQuery; readonly upTo: number }

parentPort!.on('message', (message: Message) => {
  if (message.kind === 'lookup') answer(message)
  else follow()
})

function follow(): void {
  try {
    catchUp()
  } catch {
    // The next one, or the next look-up, goes on from where this one stopped; the look-up tells if that fails too.
  }
}

// An index that has a record where it is not is made again, once.
function lookupOrRepair(query: LookupQuery): LookupAnswer {
  try {
    return lookup(query)
  } catch {
    startOver()
    catchUp()
    return lookup(query)
  }
}

function answer({ id, query, upTo }: Message & { readonly kind: 'lookup' }): void {
  try {
    if (position.sequence < upTo) catchUp()
    parentPort!.postMessage({ id, answer: lookupOrRepair(query) })
  } catch (error) {
    parentPort!.postMessage({ id, error: String(error) })
  }
}
