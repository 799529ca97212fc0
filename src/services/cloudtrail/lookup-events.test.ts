import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SecretBytes, ServiceError, formatArn, newUuid, seededRandom } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../seal/index.ts'
import { openMemoryStore } from '../../storage/index.ts'
import { buildEvents, openTrail } from '../../trail/index.ts'
import type { cloudtrail } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { lookupEvents } from './lookup-events.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-lookup-'))
const random = seededRandom(20_261_124)
const now = Date.UTC(2026, 10, 24)
const account = '111122223333'
const other = '444455556666'
const root = rootKeyOf(new SecretBytes(random(32)))
const trail = await openTrail({
  directory: join(folder, 'trail'),
  store: await openMemoryStore(),
  keyRing: openKeyRing(root, createKeyRing(root, random), random),
  durability: 'written',
  clock: { now: () => now },
})
after(async () => {
  await trail[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const anna = (of: string): Caller => ({
  kind: 'user',
  account: of,
  arn: formatArn('iam', '', of, 'user/anna'),
  userId: 'AIDAAAAAAAAAAAAAAAAA',
  userName: 'anna',
  accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
  tags: {},
})

const scopeOf = (of = account, region = 'us-west-2'): RequestScope => ({
  requestId: 'request',
  region,
  caller: anna(of),
  path: { kind: 'public', clientAddress: '127.0.0.1', secureTransport: true },
  now,
})

/** Leaves a record, as an operation of that name does. */
async function record(eventName: string, caller: Caller = anna(account)): Promise<void> {
  const facts = {
    requestId: newUuid(random),
    caller,
    path: scopeOf().path,
    requestedAt: now - 1_000,
    region: 'us-west-2',
    eventSource: 'kms.amazonaws.com',
    eventName,
    readOnly: true,
    userAgent: 'test',
    requestParameters: null,
    responseElements: null,
    resources: [],
    isRefused: false,
    refusedByEndpointOnly: false,
  }
  await trail.append(buildEvents(facts, () => newUuid(random)))
}

async function ask(
  input: cloudtrail.LookupEventsRequest,
  scope: RequestScope = scopeOf(),
): Promise<cloudtrail.LookupEventsResponse> {
  const prepared = await lookupEvents.prepare(input, scope, { trail })
  return (await prepared.run()).output as cloudtrail.LookupEventsResponse
}

const namesOf = ({ Events: events = [] }: cloudtrail.LookupEventsResponse): readonly (string | undefined)[] =>
  events.map(event => event.EventName)

const byName = (AttributeValue: string): cloudtrail.LookupEventsRequest => ({
  LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }],
})

const codeOf = (code: string) => (error: unknown) => error instanceof ServiceError && error.code === code

for (const [name, caller] of [
  ['first', anna(account)],
  ['theirs', anna(other)],
  ['second', anna(account)],
  ['theirs', anna(other)],
  ['third', anna(account)],
] as const) {
  await record(name, caller)
}

test('LookupEvents goes on behind the last event of the page before', async () => {
  const first = await ask({ MaxResults: 1 })
  const second = await ask({ MaxResults: 1, NextToken: first.NextToken })
  const third = await ask({ MaxResults: 1, NextToken: second.NextToken })

  assert.deepEqual([first, second, third].flatMap(namesOf), ['third', 'second', 'first'])
  assert.equal(third.NextToken, undefined)
})

test('LookupEvents gives a token that says nothing of how many events the others made', async () => {
  const { Events: events, NextToken: token = '' } = await ask({ MaxResults: 1 })

  const text = Buffer.from(token, 'base64url').toString()

  assert.ok(text.endsWith(`.${events![0]!.EventId}`))
  assert.equal((await ask({ MaxResults: 1 })).NextToken, token)
})

const start = now - 3_600_000
const scopes: Readonly<Record<string, readonly [cloudtrail.LookupEventsRequest, RequestScope]>> = {
  'another attribute': [byName('third'), scopeOf()],
  'another start time': [{ StartTime: start }, scopeOf()],
  'another end time': [{ EndTime: now }, scopeOf()],
  'another account': [{}, scopeOf(other)],
  'another Region': [{}, scopeOf(account, 'eu-west-1')],
}

for (const [what, [input, scope]] of Object.entries(scopes)) {
  test(`LookupEvents refuses a token with ${what}`, async () => {
    const { NextToken: token } = await ask({ MaxResults: 1 })

    await assert.rejects(ask({ ...input, NextToken: token }, scope), codeOf('InvalidNextTokenException'))
  })
}

test('LookupEvents refuses the token of a filtered query without its filter, and takes it with another size of page', async () => {
  const input = {
    StartTime: start,
    EndTime: now,
    LookupAttributes: [{ AttributeKey: 'ReadOnly', AttributeValue: 'true' }],
  }
  const { NextToken: token } = await ask({ ...input, MaxResults: 1 })

  await assert.rejects(ask({ NextToken: token }), codeOf('InvalidNextTokenException'))
  assert.deepEqual(namesOf(await ask({ ...input, MaxResults: 2, NextToken: token })), ['second', 'first'])
})

test("LookupEvents refuses a token that was made up of another account's event, or of none", async () => {
  const { NextToken: token = '' } = await ask({ MaxResults: 1 })
  const { Events: theirs } = await ask({}, scopeOf(other))
  const digest = Buffer.from(token, 'base64url').toString().slice(0, 24)
  const made = (eventId: string): string => Buffer.from(`${digest}${eventId}`).toString('base64url')

  assert.equal(made((await ask({})).Events![0]!.EventId!), token)
  for (const wrong of [made(theirs![0]!.EventId!), made('none'), made(''), 'zzz', '', token.slice(1)]) {
    await assert.rejects(ask({ NextToken: wrong }), codeOf('InvalidNextTokenException'), wrong)
  }
})

test('LookupEvents shows the user name by which it finds an event', async () => {
  const session: Caller = {
    kind: 'role-session',
    account,
    arn: formatArn('sts', '', account, 'assumed-role/Administrator/berta'),
    userId: 'AROAAAAAAAAAAAAAAAAA:berta',
    accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
    tags: {},
    roleArn: formatArn('iam', '', account, 'role/Administrator'),
    roleId: 'AROAAAAAAAAAAAAAAAAA',
    roleName: 'Administrator',
    sessionName: 'berta',
    issuedAt: now,
    expiresAt: now,
  }
  const rootCaller: Caller = {
    kind: 'root',
    account,
    arn: formatArn('iam', '', account, 'root'),
    userId: account,
    accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
    tags: {},
    issuedAt: now,
  }
  await record('by-session', session)
  await record('by-root', rootCaller)

  for (const [username, eventName] of [
    ['berta', 'by-session'],
    ['root', 'by-root'],
  ] as const) {
    const { Events: events } = await ask({ LookupAttributes: [{ AttributeKey: 'Username', AttributeValue: username }] })
    assert.deepEqual(
      events?.map(event => [event.EventName, event.Username]),
      [[eventName, username]],
    )
  }
})

test('LookupEvents finds no insight events: there are none', async () => {
  assert.deepEqual(await ask({ EventCategory: 'insight' }), { Events: [] })
})

test('LookupEvents refuses two attributes, and times that are in the wrong order or no times', async () => {
  const [attribute] = byName('first').LookupAttributes!

  await assert.rejects(ask({ LookupAttributes: [attribute!, attribute!] }), codeOf('InvalidLookupAttributesException'))
  for (const range of [{ StartTime: now, EndTime: now - 1 }, { StartTime: 9e15 }, { EndTime: -9e15 }]) {
    await assert.rejects(ask(range), codeOf('InvalidTimeRangeException'))
  }
})

test('LookupEvents leaves in the trail what was looked for', () => {
  const input = { ...byName('Decrypt'), StartTime: start, EndTime: 9e15, MaxResults: 5, EventCategory: 'insight' }

  assert.deepEqual(lookupEvents.requestParameters(input, scopeOf()), {
    lookupAttributes: [{ attributeKey: 'EventName', attributeValue: 'Decrypt' }],
    startTime: 'Nov 23, 2026, 11:00:00 PM',
    endTime: '9000000000000000',
    eventCategory: 'insight',
    maxResults: 5,
    nextToken: undefined,
  })
})
