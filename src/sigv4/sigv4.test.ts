import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { AuthenticationFailure, SecretBytes } from '../base/index.ts'
import { canonicalQuery, canonicalRequest, encodeUri, sha256Hex, stringToSign } from './canonical-request.ts'
import { signRequest } from './sign.ts'
import { basicFormat, parseSignedRequest } from './signed-request.ts'
import type { HttpRequestParts } from './signed-request.ts'
import { SigningKeyCache, deriveSigningKey } from './signing-key.ts'
import { verifySignature } from './verify.ts'

interface Suite {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  readonly timestamp: string
  readonly vectors: readonly {
    readonly name: string
    readonly method: string
    readonly query: readonly (readonly [string, string])[]
    readonly headers: Readonly<Record<string, string>>
    readonly payloadHash: string
    readonly canonicalRequestHash: string
    readonly signature: string
  }[]
}

const suite = JSON.parse(
  readFileSync(new URL('../../test/vectors/sigv4/test-suite.json', import.meta.url), 'utf8'),
) as Suite
const secretOf = (text: string): SecretBytes => new SecretBytes(Buffer.from(text))
const suiteScope = { date: suite.timestamp.slice(0, 8), region: suite.region, service: suite.service }

for (const vector of suite.vectors) {
  test(`canonicalRequest(), stringToSign() and deriveSigningKey() give what AWS's test suite has for ${vector.name}`, () => {
    const canonical = canonicalRequest({
      method: vector.method,
      path: '/',
      query: canonicalQuery(vector.query),
      headers: new Map(Object.entries(vector.headers)),
      signedHeaders: Object.keys(vector.headers).sort(),
      payloadHash: vector.payloadHash,
    })
    const text = stringToSign(suite.timestamp, `${suiteScope.date}/us-east-1/service/aws4_request`, canonical)
    const key = deriveSigningKey(secretOf(suite.secretAccessKey), suiteScope)

    assert.equal(sha256Hex(canonical), vector.canonicalRequestHash)
    assert.equal(createHmac('sha256', key).update(text).digest('hex'), vector.signature)
  })
}

const now = Date.UTC(2026, 10, 24, 12)
const credential = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secret: secretOf('a secret access key of forty characters') }
const options = { credential, region: 'us-west-2', service: 'kms', now }
const signingKey = deriveSigningKey(credential.secret, { date: '20261124', region: 'us-west-2', service: 'kms' })

/** A signed request as the door hands it on. */
function signedParts(body: string, more: Readonly<Record<string, string>> = {}): HttpRequestParts {
  const headers = signRequest(
    { headers: { host: 'kms.us-west-2.amazonaws.com', 'content-type': 'application/x-amz-json-1.1', ...more }, body },
    options,
  )
  return { method: 'POST', url: '/', headers: new Map(Object.entries(headers)), body: Buffer.from(body) }
}

/** Whether the signature is right; a form that is refused is none. */
function isVerified(request: HttpRequestParts, at = now, key = signingKey): boolean {
  try {
    const signed = parseSignedRequest(request, { now: at, allowPresigned: false })
    return signed.accessKeyId === credential.accessKeyId && verifySignature(signed, key)
  } catch (error) {
    assert.ok(error instanceof AuthenticationFailure)
    return false
  }
}

const headerName = fc.stringMatching(/^x-[a-z]{1,12}$/)
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)

test('what signRequest() signed, verifySignature() accepts, whatever the body and the headers', () => {
  fc.assert(
    fc.property(fc.string(), fc.dictionary(headerName, headerValue, { noNullPrototype: true }), (body, more) => {
      assert.ok(isVerified(signedParts(body, more)))
    }),
    { seed: 20_261_124, numRuns: 200 },
  )
})

test('[A3] [A7] one altered character of a header or of the body, and the signature is wrong', () => {
  const request = signedParts('{"KeyId":"a"}', { 'x-more': 'value' })
  const names = [...request.headers.keys()]

  fc.assert(
    fc.property(fc.nat(names.length), fc.nat(200), fc.constantFrom('0', 'Z', '%'), (which, place, letter) => {
      const replaced = (text: string): string => {
        const index = place % text.length
        return text.slice(0, index) + letter + text.slice(index + 1)
      }
      const name = names[which]
      const headers = new Map(request.headers)
      if (name !== undefined) headers.set(name, replaced(headers.get(name)!))
      const body = name === undefined ? Buffer.from(replaced(request.body.toString())) : request.body
      const isSame =
        body.equals(request.body) && [...headers].every(([each, value]) => request.headers.get(each) === value)
      assert.equal(isVerified({ ...request, headers, body }), isSame)
    }),
    { seed: 20_261_124, numRuns: 500 },
  )
})

test('[A9] parseSignedRequest() takes a signature of five minutes, and not of a second more', () => {
  const request = signedParts('{}')
  const fiveMinutes = 5 * 60_000

  assert.ok(isVerified(request, now + fiveMinutes))
  assert.ok(isVerified(request, now - fiveMinutes))
  assert.ok(!isVerified(request, now + fiveMinutes + 1_000))
  assert.ok(!isVerified(request, now - fiveMinutes - 1_000))
})

test('any Authorization header is parsed or refused with an AuthenticationFailure', () => {
  const request = signedParts('{}')

  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(text => `AWS4-HMAC-SHA256 ${text}`),
      ),
      authorization => {
        assert.ok(!isVerified({ ...request, headers: new Map([...request.headers, ['authorization', authorization]]) }))
      },
    ),
    { seed: 20_261_124, numRuns: 300 },
  )
})

test('[A16] SigningKeyCache gives a key for each day, Region, service and secret, and forgets it with its credential', () => {
  const cache = new SigningKeyCache()
  const scope = { date: '20261124', region: 'us-west-2', service: 'kms' }
  const first = { secret: secretOf('one') }
  const hex = (holder: typeof first, wanted = scope): string => cache.get(holder, wanted).export().toString('hex')

  const keys = [
    hex(first),
    hex(first, { ...scope, date: '20261125' }),
    hex(first, { ...scope, region: 'us-east-1' }),
    hex(first, { ...scope, service: 'sts' }),
    hex({ secret: secretOf('two') }),
  ]

  assert.equal(new Set(keys).size, keys.length)
  assert.equal(hex({ secret: secretOf('one') }), keys[0])
})

test('parseSignedRequest() and verifySignature() accept what the SDK signs', async () => {
  const seen: { method: string; headers: Record<string, string>; body: unknown }[] = []
  const client = new KMSClient({
    region: 'us-west-2',
    credentials: { accessKeyId: credential.accessKeyId, secretAccessKey: 'a secret access key of forty characters' },
    requestHandler: {
      handle: async (request: (typeof seen)[number]) => {
        seen.push(request)
        throw new Error('far enough')
      },
    } as never,
    maxAttempts: 1,
  })
  await assert.rejects(client.send(new ListKeysCommand({ Limit: 3 })))
  const { method, headers, body } = seen[0]!
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const date = basicFormat(Date.now()).slice(0, 8)
  const key = deriveSigningKey(credential.secret, { date, region: 'us-west-2', service: 'kms' })

  const request = { method, url: '/', headers: new Map(lower), body: Buffer.from(body as Uint8Array) }

  assert.ok(isVerified(request, Date.now(), key))
  assert.ok(!isVerified({ ...request, body: Buffer.from('{}') }, Date.now(), key))
})

test('encodeUri() leaves only the unreserved characters as they are', () => {
  assert.equal(encodeUri("-_.~aZ9 /+!*'()%é"), '-_.~aZ9%20%2F%2B%21%2A%27%28%29%25%C3%A9')
})

test('canonicalRequest() keeps the bytes of a header that is not ASCII', () => {
  const value = Buffer.from('Ärger \u00A0', 'utf8').toString('latin1')
  const request = signedParts('{}', { 'x-name': value })

  assert.ok(isVerified(request))
})
