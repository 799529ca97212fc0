// Every operation that AWS's client of KMS has, by the client, at the public door and through an endpoint.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { KMSClient } from '@aws-sdk/client-kms'
import { kmsService } from '../../src/services/index.ts'
import { makePrivateNetwork } from '../private-network.ts'
import { startReferenceProxy } from '../reference-proxy.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { KmsCaller, calls, sdkOperations } from './kms-calls.ts'

const otherRegion = 'eu-west-1'
const folder = mkdtempSync(join(tmpdir(), 'postern-operations-'))
after(() => rmSync(folder, { recursive: true }))
const proxy = await startReferenceProxy({ name: 'xks.example.com' })
after(() => proxy[Symbol.asyncDispose]())
const authorities = join(folder, 'authorities.pem')
writeFileSync(authorities, proxy.certificate)

const postern = await startPostern({
  words: [
    '--region',
    otherRegion,
    '--xks-proxy',
    proxy.setting,
    '--xks-timeout',
    '10000',
    '--xks-authorities',
    authorities,
  ],
})
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { ec2, kms } = postern.clients(administrator)
const { url, endpointId } = await makePrivateNetwork(postern, ec2)
const { kms: inside } = postern.clients(administrator, { kmsUrl: url })
const { credentials, requestHandler } = kms.config
const there = new KMSClient({ region: otherRegion, endpoint: postern.apiUrl, credentials, requestHandler })
after(() => there.destroy())
const elsewhere = { region: otherRegion, kms: there, proxy }

interface TrailRecord {
  readonly eventName: string
  readonly awsRegion: string
  readonly requestID?: string
  readonly vpcEndpointId?: string
}

/** The record of a call. */
function recordOf(requestId: string): TrailRecord | undefined {
  const line = trailText(postern)
    .split('\n')
    .find(each => each.includes(requestId))
  return line === undefined ? undefined : (JSON.parse(line) as { readonly event: TrailRecord }).event
}

test('AWS’s client of KMS has 56 operations; each is served, and is called here', () => {
  assert.equal(sdkOperations.length, 56)
  assert.deepEqual([...kmsService.operations.keys()].sort(), sdkOperations)
  assert.deepEqual(Object.keys(calls).sort(), sdkOperations)
})

for (const [door, caller, expectedEndpoint] of [
  ['at the public door', new KmsCaller(kms, elsewhere), undefined],
  ['through an endpoint', new KmsCaller(inside, elsewhere), endpointId],
] as const) {
  for (const name of sdkOperations) {
    test(`${name} works ${door}, and its record tells so`, async () => {
      const { $metadata } = await caller.call(name)

      const { httpStatusCode, requestId } = $metadata
      const record = recordOf(requestId!)
      assert.equal(httpStatusCode, 200)
      assert.equal(record?.eventName, name)
      assert.equal(record.vpcEndpointId, expectedEndpoint)
    })
  }
}
