import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller, NetworkPath } from '../base/index.ts'
import type { AuditFacts, AuditValues } from './audit-event.ts'
import { buildEvents } from './build-events.ts'

const [account, otherAccount] = ['111122223333', '444455556666']
const name = 'backup.example.internal'
const signer = { accessKeyId: 'AKIABACKUPBACKUPBACK', clientAddress: '192.0.2.7' }
const bySigner: NetworkPath = { kind: 'service', serviceName: name, clientAddress: name, signer }
const fromWithin: NetworkPath = { kind: 'service', serviceName: name, clientAddress: name }
const ada: Caller = {
  kind: 'user',
  account,
  arn: `arn:aws:iam::${account}:user/ada`,
  userId: 'AIDAEXAMPLEEXAMPLE777',
  userName: 'ada',
  accessKeyId: '',
  tags: {},
}
const itself: Caller = {
  kind: 'service',
  account,
  arn: name,
  userId: name,
  accessKeyId: signer.accessKeyId,
  tags: {},
  serviceName: name,
}

/** The records of a call, parsed. */
function recordsOf(facts: Partial<AuditFacts>): readonly Readonly<Record<string, unknown>>[] {
  const events = buildEvents(
    {
      requestId: 'request',
      caller: ada,
      path: bySigner,
      requestedAt: 0,
      region: 'us-west-2',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Encrypt',
      readOnly: true,
      userAgent: 'the client of the service',
      requestParameters: null,
      responseElements: null,
      resources: [],
      isRefused: false,
      refusedByEndpointOnly: false,
      ...facts,
    },
    () => 'event',
  )
  return events.map(({ line }) => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

const integratedService = { accessKeyId: signer.accessKeyId, sourceIPAddress: signer.clientAddress }

test('buildEvents() names the service where the client would stand, and keeps what it signed with beside', () => {
  const [record] = recordsOf({ additionalEventData: { keyMaterialId: 'abc' } })

  assert.equal(record!['sourceIPAddress'], name)
  assert.equal(record!['userAgent'], name)
  assert.deepEqual(record!['additionalEventData'], { keyMaterialId: 'abc', integratedService })
  assert.ok(!('vpcEndpointId' in record!))
})

test('buildEvents() has no parameters of a request that gave none', () => {
  const parametersOf = (requestParameters: AuditValues | null): unknown =>
    recordsOf({ requestParameters })[0]!['requestParameters']

  for (const none of [null, {}, { marker: undefined, maxItems: undefined }]) assert.equal(parametersOf(none), null)
  assert.deepEqual(parametersOf({ marker: undefined, onlyAttached: false }), { onlyAttached: false })
})

test('buildEvents() leaves out an access key that was not used, and adds nothing for a part of Postern itself', () => {
  const [record] = recordsOf({ path: fromWithin })

  assert.deepEqual(record!['userIdentity'], {
    type: 'IAMUser',
    principalId: ada.userId,
    arn: ada.arn,
    accountId: account,
    userName: 'ada',
    invokedBy: name,
  })
  assert.ok(!('additionalEventData' in record!))
})

test('buildEvents() keeps what a service signed with also where the rest is too long', () => {
  const long: AuditValues = { text: 'x'.repeat(30_000) }

  const [record] = recordsOf({ additionalEventData: long })

  assert.deepEqual(record!['additionalEventData'], { omitted: 'longer than 28672 characters', integratedService })
})

test('buildEvents() tells a service as itself by its name alone, and the key’s owner too', () => {
  const resources = [{ arn: 'arn', accountId: otherAccount, type: 'AWS::KMS::Key' }]

  const records = recordsOf({ caller: itself, resources })

  assert.deepEqual(
    records.map(({ recipientAccountId }) => recipientAccountId),
    [account, otherAccount],
  )
  for (const { userIdentity } of records) assert.deepEqual(userIdentity, { type: 'AWSService', invokedBy: name })
})

test('buildEvents() tells the key’s owner the account of a foreign user, and by which service it came', () => {
  const [, theirs] = recordsOf({ resources: [{ arn: 'arn', accountId: otherAccount, type: 'AWS::KMS::Key' }] })

  assert.deepEqual(theirs!['userIdentity'], {
    type: 'AWSAccount',
    principalId: ada.userId,
    accountId: account,
    invokedBy: name,
  })
})
