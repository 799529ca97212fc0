import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { awsNitroRoot, parseAttestationRoot } from './attestation-root.ts'

test('awsNitroRoot is the certificate whose fingerprint AWS publishes', () => {
  const { fingerprint256, subject } = new X509Certificate(awsNitroRoot)

  // https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html
  const published = '64:1A:03:21:A3:E2:44:EF:E4:56:46:31:95:D6:06:31:7E:D7:CD:CC:3C:17:56:E0:98:93:F3:C6:8F:79:BB:5B'
  assert.equal(fingerprint256, published)
  assert.match(subject, /CN=aws\.nitro-enclaves/)
})

test('parseAttestationRoot() takes AWS’s root, and no altered, cut or longer one', () => {
  assert.deepEqual(parseAttestationRoot(awsNitroRoot), awsNitroRoot)
  for (const offset of [20, 300, awsNitroRoot.length - 5]) {
    const altered = Buffer.from(awsNitroRoot)
    altered[offset]! ^= 1
    assert.equal(parseAttestationRoot(altered), undefined, `altered at ${offset}`)
  }
  assert.equal(parseAttestationRoot(awsNitroRoot.subarray(0, -1)), undefined)
  assert.equal(parseAttestationRoot(Buffer.concat([awsNitroRoot, Buffer.of(0)])), undefined)
  assert.equal(parseAttestationRoot(Buffer.alloc(0)), undefined)
})
