// How keys are fetched from issuers over HTTPS, from a real server that misbehaves.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { FetchFailure } from '../../src/server/issuer-keys/fetch-document.ts'
import { fetchIssuerKeys } from '../../src/server/issuer-keys/fetch-issuer-keys.ts'
import { answerJson, startTestIssuer } from '../test-issuer.ts'
import type { Answer, TestIssuer } from '../test-issuer.ts'

const placeOf = (issuer: TestIssuer) => ({ issuer: issuer.url, authorities: issuer.certificate })

const fails =
  (message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof FetchFailure, String(error))
    assert.match(error.message, message)
    return true
  }

test('fetchIssuerKeys() finds the keys by the discovery document, also of an issuer with a path and a slash at its end', async () => {
  for (const path of ['', '/realms/one']) {
    await using issuer = await startTestIssuer({ path })

    const { keys } = await fetchIssuerKeys(placeOf(issuer))

    assert.equal(keys[0]?.kid, 'key-1')
    assert.deepEqual(issuer.fetches, [issuer.discoveryPath, issuer.jwksPath])
  }

  await using issuer = await startTestIssuer()
  issuer.answers.set(issuer.discoveryPath, answerJson({ ...issuer.discovery, issuer: `${issuer.url}/` }))
  assert.equal((await fetchIssuerKeys({ ...placeOf(issuer), issuer: `${issuer.url}/` })).keys.length, 1)
})

test('fetchIssuerKeys() asks only the URL that the operator has named, on whatever host it is', async () => {
  await using issuer = await startTestIssuer()
  const jwksUrl = `https://localhost:${issuer.port}${issuer.jwksPath}`

  const { keys } = await fetchIssuerKeys({ ...placeOf(issuer), issuer: 'https://idp.invalid', jwksUrl })

  assert.equal(keys.length, 1)
  assert.deepEqual(issuer.fetches, [issuer.jwksPath])
})

test('fetchIssuerKeys() trusts a server only by its certificate, whatever the environment says', async t => {
  await using issuer = await startTestIssuer()
  await using impostor = await startTestIssuer()
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])

  await assert.rejects(fetchIssuerKeys({ issuer: issuer.url }), fails(/self-signed certificate/))
  await assert.rejects(
    fetchIssuerKeys({ issuer: issuer.url, authorities: impostor.certificate }),
    fails(/self-signed certificate/),
  )
  const byOtherName = { ...placeOf(issuer), jwksUrl: `https://127.0.0.2:${issuer.port}/keys` }
  await assert.rejects(fetchIssuerKeys(byOtherName), FetchFailure)
  assert.deepEqual(issuer.fetches, [])
})

const metadata = createServer((_request, response) => {
  metadataRequests++
  response.end('{}')
}).listen(0, '127.0.0.1')
let metadataRequests = 0
await once(metadata, 'listening')
after(() => metadata.close())
const metadataUrl = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}/latest/meta-data`

const elsewhere: Readonly<Record<string, (issuer: TestIssuer) => unknown>> = {
  'another host': issuer => `https://localhost:${issuer.port}/keys`,
  'another port': issuer => `https://127.0.0.1:${issuer.port + 1}/keys`,
  'a private address without TLS': () => metadataUrl,
  'a file': () => 'file:///etc/passwd',
  'user and password': issuer => issuer.jwksUrl.replace('https://', 'https://a:b@'),
  'no text': () => 7,
  'nothing at all': () => undefined,
}

for (const [where, jwksUri] of Object.entries(elsewhere))
  test(`fetchIssuerKeys() does not follow a discovery document to ${where}`, async () => {
    await using issuer = await startTestIssuer()
    issuer.answers.set(issuer.discoveryPath, answerJson({ ...issuer.discovery, jwks_uri: jwksUri(issuer) }))

    await assert.rejects(fetchIssuerKeys(placeOf(issuer)), fails(/not on the issuer's own host/))

    assert.deepEqual(issuer.fetches, [issuer.discoveryPath])
    assert.equal(metadataRequests, 0)
  })

test('fetchIssuerKeys() refuses the discovery document of another issuer', async () => {
  await using issuer = await startTestIssuer()
  for (const other of ['https://idp.example.com', `${issuer.url}/`, undefined, [issuer.url]]) {
    issuer.answers.set(issuer.discoveryPath, answerJson({ ...issuer.discovery, issuer: other }))

    await assert.rejects(fetchIssuerKeys(placeOf(issuer)), fails(/its issuer is/))
  }
  assert.ok(!issuer.fetches.includes(issuer.jwksPath))
})

const text = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}, status = 200): Answer => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
}
const redirect =
  (status: number): Answer =>
  (_request, response) => {
    response.writeHead(status, { location: metadataUrl, 'content-type': 'application/json' })
    response.end('{"keys":[]}')
  }

const misbehaving: Readonly<Record<string, readonly [Answer, RegExp]>> = {
  'redirects (301)': [redirect(301), /status 301/],
  'redirects (302)': [redirect(302), /status 302/],
  'redirects (307)': [redirect(307), /status 307/],
  'knows no such document': [answerJson(undefined), /status 404/],
  fails: [text('{}', {}, 500), /status 500/],
  'answers partially': [text('{}', {}, 206), /status 206/],
  'answers with HTML': [text('<html></html>', { 'content-type': 'text/html' }), /content type "text\/html"/],
  'answers JSON as another type': [text('{"keys":[]}', { 'content-type': 'text/plain' }), /content type/],
  'answers with a type that only begins like JSON': [
    text('{"keys":[]}', { 'content-type': 'application/jsonp' }),
    /content type/,
  ],
  compresses: [text('{"keys":[]}', { 'content-encoding': 'gzip' }), /compressed/],
  'answers with what is not JSON': [text('<html></html>'), /not JSON/],
  'answers with what is not UTF-8': [text(Buffer.from([0x22, 0xff, 0x22])), /Cannot fetch/],
  'answers with a name twice': [text('{"keys":[],"keys":[]}'), /Duplicate key/],
  'answers with another document': [text('{}'), /no JWK set/],
  'has no keys': [text('{"keys":[]}'), /no RSA, EC or Ed25519 key/],
  'publishes a secret': [text('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'), /private or symmetric/],
  'says that it will answer hugely': [text('{}', { 'content-length': '1000000000' }), /Cannot fetch/],
  'answers hugely': [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) continue
      }
      response.on('drain', more)
      more()
    },
    /longer than 262144 bytes/,
  ],
  'breaks off': [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"keys":[]}')
      setImmediate(() => response.destroy())
    },
    /Cannot fetch/,
  ],
  'closes without an answer': [request => request.socket.destroy(), /Cannot fetch/],
  'sends huge headers': [text('{}', { 'x-much': 'a'.repeat(60_000) }), /Cannot fetch/],
}

for (const [what, [answer, message]] of Object.entries(misbehaving))
  test(`fetchIssuerKeys() refuses the keys of an issuer that ${what}`, async () => {
    await using issuer = await startTestIssuer()
    issuer.answers.set(issuer.jwksPath, answer)

    await assert.rejects(fetchIssuerKeys(placeOf(issuer), 30_000), fails(message))

    assert.deepEqual(issuer.fetches, [issuer.discoveryPath, issuer.jwksPath])
    assert.equal(metadataRequests, 0)
  })

const slow: Readonly<Record<string, Answer>> = {
  'does not answer': () => {},
  'sends its headers and no more': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
  },
  'sends a character now and then': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  },
}

for (const [what, answer] of Object.entries(slow))
  test(`fetchIssuerKeys() gives up on an issuer that ${what}, in the time that it has for everything`, async () => {
    await using issuer = await startTestIssuer()
    // What discovery takes is not there for the keys.
    issuer.answers.set(issuer.discoveryPath, (request, response) => {
      setTimeout(() => answerJson(issuer.discovery)(request, response), 150)
    })
    issuer.answers.set(issuer.jwksPath, answer)
    const started = performance.now()

    await assert.rejects(fetchIssuerKeys(placeOf(issuer), 400), fails(/no answer in time/))

    const took = performance.now() - started
    assert.ok(took < 1_500, `${took} ms`)
  })

for (const type of [
  'application/json',
  'application/json; charset=utf-8',
  'application/jwk-set+json',
  'Application/JSON ;charset=UTF-8',
])
  test(`fetchIssuerKeys() takes keys of content type "${type}"`, async () => {
    await using issuer = await startTestIssuer()
    issuer.answers.set(issuer.jwksPath, answerJson(issuer.jwks, type))

    assert.equal((await fetchIssuerKeys(placeOf(issuer))).keys.length, 1)
  })
