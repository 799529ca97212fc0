// All operations of KMS by the AWS SDK for JavaScript: at the public door, and through an endpoint's.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { KMSClient } from '@aws-sdk/client-kms'
import { operationNames, sdkCall } from '../every-operation/call.ts'
import type { Call } from '../every-operation/call.ts'
import { chapters } from '../every-operation/chapters.ts'
import { makeStage } from '../every-operation/stage.ts'
import { makePrivateNetwork } from '../private-network.ts'

const stage = await makeStage()
after(() => stage[Symbol.asyncDispose]())
const { postern, place } = stage
const credentials = await postern.administrator()
const { kms, ec2 } = postern.clients(credentials)
const other = postern.clients(credentials, { region: place.otherRegion }).kms
const network = await makePrivateNetwork(postern, ec2)
const inside = postern.clients(credentials, { kmsUrl: network.url }).kms

const doors: readonly (readonly [string, KMSClient])[] = [
  ['at the public door', kms],
  // An endpoint is one Region's: the other is reached at the public door.
  ['through an endpoint', inside],
]
for (const [door, client] of doors) {
  const called = new Set<string>()
  const send = sdkCall(region => (region === place.otherRegion ? other : client))
  const call: Call = (name, input, region) => {
    if (region === undefined) called.add(name)
    return send(name, input, region)
  }

  describe(door, () => {
    for (const { title, play } of chapters) test(`${door}, ${title}`, () => play(call, place))

    test(`${door}, every operation that the AWS SDK has was called`, () => {
      assert.deepEqual([...called].sort(), operationNames.toSorted())
    })
  })
}
