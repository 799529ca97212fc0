// KMS by boto3, at the public door and through an endpoint's: test/boto3/kms.py tells what is done.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeStage } from '../every-operation/stage.ts'
import { makePrivateNetwork } from '../private-network.ts'
import { pythonWithBoto3 } from '../python.ts'
import { repository } from '../start-postern.ts'

const stage = await makeStage()
after(() => stage[Symbol.asyncDispose]())
const { postern, place } = stage
const { proxy, principal, otherRegion } = place
const network = await makePrivateNetwork(postern, postern.clients(await postern.administrator()).ec2)
const [credential] = proxy.credentials
const { uriEndpoint, uriPath, certificate } = proxy
const surroundings = JSON.stringify({
  principal,
  otherRegion,
  publicUrl: postern.apiUrl,
  certificate,
  proxy: {
    uriEndpoint,
    uriPath,
    credential: { AccessKeyId: credential!.accessKeyId, RawSecretAccessKey: credential!.secretAccessKey },
  },
})

for (const [door, words] of [
  ['at the public door', []],
  ['through an endpoint', ['--endpoint', network.endpointId]],
] as const) {
  test(`boto3 calls every operation that it knows ${door}`, async () => {
    const variables = { ...(await postern.environment(...words)), STAGE: surroundings }

    const { status, error } = await postern.run(pythonWithBoto3(), [join(repository, 'test/boto3/kms.py')], variables)

    assert.equal(status, 0, error)
    assert.match(error, /^Ran \d{2} tests in /m)
  })
}
