import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openEventIndex } from './event-index.ts'
import type { FoundEvent, LookupAttribute, LookupQuery } from './event-index.ts'
import { segmentName } from './trail-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-event-index-'))
after(() => rmSync(folder, { recursive: true }))
const account = '111122223333'
let folders = 0

interface Written {
  readonly id: string
  readonly account?: string
  readonly region?: string
  readonly source?: string
  readonly userIdentity?: object
  readonly arns?: readonly string[]
}

/** Segments of records as the trail leaves them, and an index of them. */
class Log {
  readonly directory = join(folder, String(++folders))
  readonly file = join(this.directory, 'index.db')

  constructor() {
    mkdirSync(this.directory)
  }

  pathOf(segment = 1): string {
    return join(this.directory, segmentName(segment))
  }

  /** Writes records from a sequence number on. */
  append(first: number, records: readonly Written[], segment = 1): void {
    const lines = records.map((record, index) => lineOf(first + index, record))
    if (!existsSync(this.pathOf(segment))) writeFileSync(this.pathOf(segment), headerOf(segment, first - 1))
    appendFileSync(this.pathOf(segment), lines.join(''))
  }

  cutBefore(sequence: number): void {
    truncateSync(this.pathOf(), readFileSync(this.pathOf()).indexOf(`{"sequence":${sequence},`))
  }

  async find(query: Partial<LookupQuery> = {}, upTo = 1_000): Promise<readonly FoundEvent[]> {
    await using index = openEventIndex(this)
    const { events } = await index.lookup({ account, region: 'us-west-2', limit: 50, ...query }, upTo)
    return events
  }

  async findIds(query: Partial<LookupQuery> = {}): Promise<readonly string[]> {
    return (await this.find(query)).map(({ eventId }) => eventId)
  }

  findBy(name: LookupAttribute, value: string, query: Partial<LookupQuery> = {}): Promise<readonly string[]> {
    return this.findIds({ ...query, attribute: { name, value } })
  }
}

const headerOf = (segment: number, after: number): string =>
  `{"segment":${segment},"after":${after},"outbox":0,"chain":"${'0'.repeat(64)}","mac":"${'0'.repeat(64)}"}\n`

function lineOf(sequence: number, record: Written): string {
  const { id, region = 'us-west-2', source = 'kms.amazonaws.com', arns = [] } = record
  const event = {
    eventTime: '1970-01-01T00:00:00Z',
    eventSource: source,
    eventName: 'Test',
    awsRegion: region,
    eventID: id,
    readOnly: true,
    userIdentity: record.userIdentity ?? { type: 'IAMUser', userName: 'anna' },
    resources: arns.map(ARN => ({ accountId: account, type: 'AWS::KMS::Key', ARN })),
    recipientAccountId: record.account ?? account,
  }
  const chain = '0'.repeat(64)
  return `{"sequence":${sequence},"outbox":0,"chain":"${chain}","event":${JSON.stringify(event)}}\n`
}

const alias = `arn:aws:kms:us-west-2:${account}:alias/there`
const key = `arn:aws:kms:us-west-2:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const user = `arn:aws:iam::${account}:user/team/blue/anna`

for (const [arn, names] of Object.entries({
  [alias]: [alias, 'alias/there', 'there'],
  [key]: [key, 'key/1234abcd-12ab-34cd-56ef-1234567890ab', '1234abcd-12ab-34cd-56ef-1234567890ab'],
  [user]: [user, 'user/team/blue/anna', 'team/blue/anna', 'anna'],
  'no-arn': ['no-arn'],
})) {
  test(`lookup() finds the resource ${arn} by its ARN and by its names, and by nothing else`, async () => {
    const log = new Log()
    log.append(1, [
      { id: 'of-it', arns: [arn] },
      { id: 'of-another', arns: [`${key}-2`] },
    ])

    for (const name of names) assert.deepEqual(await log.findBy('ResourceName', name), ['of-it'], name)
    for (const name of ['the', 'blue', 'alias', 'user', ':key', '']) {
      assert.deepEqual(await log.findBy('ResourceName', name), [], name)
    }
  })
}

test('lookup() finds a record once, however many of its resources have the name', async () => {
  const log = new Log()
  log.append(1, [{ id: 'both', arns: [alias, alias, `arn:aws:kms:us-west-2:${account}:key/there`] }])

  assert.deepEqual(await log.findBy('ResourceName', 'there'), ['both'])
  assert.deepEqual(await log.findBy('ResourceType', 'AWS::KMS::Key'), ['both'])
})

test('lookup() finds by a resource what is of that account, before a position, newest first', async () => {
  const log = new Log()
  const records = ['a', 'b', 'c', 'd'].map(id => ({ id, arns: [alias] }))
  log.append(1, [...records, { id: 'theirs', account: '444455556666', arns: [alias] }])

  for (const [name, value] of [
    ['ResourceName', 'alias/there'],
    ['ResourceType', 'AWS::KMS::Key'],
  ] as const) {
    assert.deepEqual(await log.findBy(name, value), ['d', 'c', 'b', 'a'])
    assert.deepEqual(await log.findBy(name, value, { before: 4, limit: 2 }), ['c', 'b'])
    assert.deepEqual(await log.findBy(name, value, { account: '444455556666' }), ['theirs'])
  }
})

test('lookup() shows in every Region what IAM and the global STS recorded in us-east-1, and nothing else of there', async () => {
  const log = new Log()
  const elsewhere = { region: 'us-east-1' }
  log.append(1, [
    { id: 'iam', source: 'iam.amazonaws.com', ...elsewhere },
    { id: 'sts', source: 'sts.amazonaws.com', ...elsewhere },
    { id: 'kms', ...elsewhere },
    { id: 'sts of another', source: 'sts.amazonaws.com', region: 'eu-west-1' },
  ])

  assert.deepEqual(await log.findIds(), ['sts', 'iam'])
  assert.deepEqual(await log.findIds(elsewhere), ['kms', 'sts', 'iam'])
})

for (const [userIdentity, username] of [
  [{ type: 'IAMUser', userName: 'anna' }, 'anna'],
  [{ type: 'AssumedRole', principalId: 'AROA:session' }, 'session'],
  [{ type: 'Root' }, 'root'],
  [{ type: 'AWSAccount', principalId: 'AIDA' }, undefined],
] as const) {
  test(`lookup() gives the user name that it finds by: ${username} of ${userIdentity.type}`, async () => {
    const log = new Log()
    log.append(1, [{ id: 'a', userIdentity }])

    const found = await log.find(username === undefined ? {} : { attribute: { name: 'Username', value: username } })

    assert.deepEqual(
      found.map(event => event.username),
      [username],
    )
  })
}

test('lookup() makes an index of an older form again from the log', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a', arns: [alias] }])
  const older = new DatabaseSync(log.file)
  older.exec(
    'CREATE TABLE events (sequence INTEGER PRIMARY KEY) STRICT; CREATE TABLE position (one INTEGER PRIMARY KEY) STRICT',
  )
  older.close()

  assert.deepEqual(await log.findBy('ResourceName', 'alias/there'), ['a'])
})

test('lookup() goes on with an index of its own form', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a', arns: [alias] }])
  await log.find()
  const opened = new DatabaseSync(log.file)
  opened.exec("UPDATE events SET username = 'marked'")
  opened.close()

  const [found] = await log.find()

  assert.equal(found?.username, 'marked')
})

test('lookup() makes the index again where a power cut took the end of the log', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }, { id: 'lost', arns: [alias] }])
  await log.find()

  log.cutBefore(2)

  assert.deepEqual(await log.findIds(), ['a'])
  log.append(2, [{ id: 'b', arns: [key] }])
  assert.deepEqual(await log.findIds(), ['b', 'a'])
})

test('lookup() makes the index again where other records came into the place of lost ones', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }, { id: 'lost', arns: [alias] }])
  await log.find()

  log.cutBefore(2)
  log.append(2, [{ id: 'else', arns: [alias] }])

  assert.deepEqual(await log.findBy('ResourceName', 'there'), ['else'])
})

test('lookup() forgets what a segment held behind the place where the next one goes on', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }, { id: 'abandoned', arns: [alias] }, { id: 'abandoned too', arns: [alias] }])
  log.append(2, [{ id: 'b', arns: [key] }], 2)

  assert.deepEqual(await log.findIds(), ['b', 'a'])
  assert.deepEqual(await log.findBy('ResourceName', 'alias/there'), [])
  assert.deepEqual(await log.findBy('ResourceType', 'AWS::KMS::Key'), ['b'])
})

test('lookup() fails, and does not wait for ever, where there can be no index', async () => {
  const directory = join(folder, String(++folders))
  mkdirSync(directory)
  writeFileSync(join(directory, 'no folder'), '')
  await using index = openEventIndex({ directory, file: join(directory, 'no folder', 'index.db') })
  const query = { account, region: 'us-west-2', limit: 1 }

  await assert.rejects(index.lookup(query, 0), /The index of the trail failed/)
  await assert.rejects(index.lookup(query, 0), /The index of the trail failed/)
})

test('[G63] lookup() shows nothing that was inserted behind the end of a closed segment', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  log.append(1, [{ id: 'forged' }])
  log.append(4, [{ id: 'forged too' }])
  log.append(4, [{ id: 'd' }], 2)

  assert.deepEqual(await log.findIds(), ['d', 'c', 'b', 'a'])
})

test('lookup() goes on behind a segment that is missing', async () => {
  const log = new Log()
  for (const [index, id] of ['a', 'b', 'c'].entries()) log.append(index + 1, [{ id }], index + 1)

  rmSync(log.pathOf(2))

  assert.deepEqual(await log.findIds(), ['c', 'a'])
})

test('lookup() makes an index again that does not fit the log, while it is open', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }, { id: 'lost' }])
  await using index = openEventIndex(log)
  const query = { account, region: 'us-west-2', limit: 50 }
  await index.lookup(query, 2)

  log.cutBefore(2)
  const { events } = await index.lookup(query, 2)

  assert.deepEqual(
    events.map(({ eventId }) => eventId),
    ['a'],
  )
})

test('[G61] an index whose thread ended is started again, and says so', async () => {
  const log = new Log()
  log.append(1, [{ id: 'a' }])
  const reports: string[] = []
  mkdirSync(log.file)
  await using index = openEventIndex({
    directory: log.directory,
    file: log.file,
    report: message => reports.push(message),
  })
  const query = { account, region: 'us-west-2', limit: 50 }
  await assert.rejects(index.lookup(query, 1), /The index of the trail failed/)

  rmSync(log.file, { recursive: true })
  const { events } = await index.lookup(query, 1)

  assert.equal(events.length, 1)
  assert.match(reports[0] ?? '', /index of the trail failed, and is started again/)
})
