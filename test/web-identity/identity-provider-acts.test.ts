// Identity providers as the operator makes them, on a server that runs.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { startPostern, trailText } from '../start-postern.ts'
import type { Finished } from '../start-postern.ts'
import { startTestIssuer } from '../test-issuer.ts'

const postern = await startPostern()
const issuer = await startTestIssuer({ path: '/cluster' })
after(async () => {
  await postern[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})
const [{ id: account }] = JSON.parse((await postern.postern('account', 'list', '--json')).out) as [{ id: string }]
const arn = `arn:aws:iam::${account}:oidc-provider/127.0.0.1:${issuer.port}/cluster`

const file = (name: string, text: string): string => {
  const path = join(postern.folder, name)
  writeFileSync(path, text)
  return path
}
const jwksFile = file('keys.json', JSON.stringify(issuer.jwks))
const caFile = file('ca.pem', issuer.certificate)

const usual = ['--account', account, '--url', issuer.url, '--client-id', 'sts.amazonaws.com']
const create = (...words: readonly string[]): Promise<Finished> =>
  postern.postern('identity-provider', 'create', ...usual, ...words)
const remove = (): Promise<Finished> =>
  postern.postern('identity-provider', 'delete', '--account', account, '--url', issuer.url)

/** What the last record of that name in the trail says of the request. */
function recordedOf(eventName: string): Readonly<Record<string, unknown>> {
  const line = trailText(postern)
    .split('\n')
    .findLast(text => text.includes(`"eventName":"${eventName}"`))
  const parameters = /"requestParameters":(?<object>\{.*?\}),"responseElements"/.exec(line ?? '')
  return JSON.parse(parameters!.groups!['object']!) as Readonly<Record<string, unknown>>
}

void test('identity-provider create fetches the keys of an issuer once, to tell whether they can be had', async () => {
  const { status, out, error } = await create('--ca-file', caFile)

  assert.deepEqual([status, error], [0, ''])
  assert.ok(out.startsWith(`${arn} is there`), out)
  assert.deepEqual(issuer.fetches, [issuer.discoveryPath, issuer.jwksPath])
  const { certificateFingerprints, ...parameters } = recordedOf('CreateIdentityProvider')
  assert.deepEqual(parameters, { arn, url: issuer.url, clientIds: ['sts.amazonaws.com'], keys: 'discovery' })
  assert.match(String(certificateFingerprints), /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  assert.equal((await remove()).status, 0)
})

void test('identity-provider create makes the provider of an issuer that it cannot fetch from, and says why', async () => {
  const { status, out, error } = await create()

  assert.equal(status, 0)
  assert.ok(out.startsWith(`${arn} is there`), out)
  assert.match(error, /no token of it can be verified yet: Cannot fetch .*self-signed certificate/)
  assert.equal((await remove()).status, 0)
})

void test('identity-provider create keeps the keys of a file over a restart, and the trail names each by its thumbprint', async () => {
  const before = issuer.fetches.length
  assert.equal((await create('--jwks-file', jwksFile)).status, 0)

  await postern.stop()
  await postern.start()

  const listed = JSON.parse((await postern.postern('identity-provider', 'list', '--json')).out) as readonly object[]
  assert.deepEqual(
    listed.map(provider => ({ ...provider, createdAt: undefined })),
    [
      {
        account,
        arn,
        url: issuer.url,
        clientIds: ['sts.amazonaws.com'],
        keys: 'file',
        keyIds: ['key-1'],
        createdAt: undefined,
      },
    ],
  )
  assert.deepEqual(recordedOf('CreateIdentityProvider'), {
    arn,
    url: issuer.url,
    clientIds: ['sts.amazonaws.com'],
    keyThumbprints: [await calculateJwkThumbprint(issuer.keys[0]!.publicJwk)],
  })
  assert.equal(issuer.fetches.length, before)
  assert.equal((await remove()).status, 0)
  assert.deepEqual(recordedOf('DeleteIdentityProvider'), { arn, url: issuer.url })
})

void test('identity-provider create refuses an account that is closed', async () => {
  assert.equal((await postern.postern('account', 'create', '--id', '444455556666', '--name', 'closed')).status, 0)
  assert.equal((await postern.postern('account', 'close', '--id', '444455556666')).status, 0)

  const { status, error } = await create('--jwks-file', jwksFile, '--account', '444455556666')

  assert.equal(status, 2)
  assert.match(error, /Account 444455556666 is closed/)
})
