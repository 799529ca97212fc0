// What a signature must be: hardening.md, group A, by hand-made requests.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { cloudtrailService, ec2Service, iamService, kmsService, stsService } from '../../src/services/index.ts'
import { sha256Hex } from '../../src/sigv4/index.ts'
import { post, presigned, send, signed, signedOddly } from '../raw-client.ts'
import type { OddSignature, PresignedRequest, RawAnswer, ServiceRequest } from '../raw-client.ts'
import { startPostern, trailText } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const { iam, cloudtrail } = postern.clients(administrator)
const { credentials } = await makeUser(iam, 'signer', allow('kms:*'))

const listKeys: ServiceRequest = { service: 'kms', target: 'TrentService.ListKeys', body: '{}' }
const headersOf = (request: Partial<ServiceRequest> = {}): Record<string, string> =>
  signed(postern, credentials, { ...listKeys, ...request })
const answerTo = (headers: Record<string, string>, body: Buffer | string = '{}'): Promise<RawAnswer | undefined> =>
  send(postern, post(headers, body))

/** The error's code, with the HTTP status: `403 InvalidSignatureException`. */
function outcome(answer: RawAnswer | undefined): string {
  if (answer === undefined) return 'closed'
  const code = /"__type":"(\w+)"|<Code>(\w+)<\/Code>/.exec(answer.body)
  return `${answer.status} ${code?.[1] ?? code?.[2] ?? ''}`.trim()
}

/** The outcome of a request whose signature is right for what it says, and which says something odd. */
async function withOddSignature(
  odd: OddSignature,
  more: Readonly<Record<string, string>> = {},
  body = '{}',
): Promise<string> {
  const headers = { ...headersOf(), ...more }
  return outcome(await answerTo(signedOddly(credentials, headers, body, odd), body))
}

const mismatch = '400 InvalidSignatureException'
const incomplete = '400 IncompleteSignatureException'
const unknown = '400 UnrecognizedClientException'

test('the hand-made request is served: what follows differs from it in one thing', async () => {
  assert.equal(outcome(await answerTo(headersOf())), '200')
})

const services = [
  { service: kmsService, prefix: 'TrentService', code: mismatch },
  { service: cloudtrailService, prefix: 'CloudTrail_20131101', code: mismatch },
  { service: ec2Service, version: '2016-11-15', code: '401 AuthFailure' },
  { service: iamService, version: '2010-05-08', code: '403 SignatureDoesNotMatch' },
  { service: stsService, version: '2011-06-15', code: '403 SignatureDoesNotMatch' },
] as const

for (const { service, code, ...way } of services) {
  for (const name of service.operations.keys()) {
    // The one request that is not signed: its token is tested in web-identity.test.ts.
    if (name === 'AssumeRoleWithWebIdentity') continue
    test(`[A1] ${service.name} ${name} with a made-up signature is refused`, async () => {
      const request: ServiceRequest =
        'prefix' in way
          ? { service: service.name, target: `${way.prefix}.${name}`, body: '{}' }
          : { service: service.name, body: `Action=${name}&Version=${way.version}` }
      const headers = signed(postern, credentials, request)
      headers['authorization'] = headers['authorization']!.replace(/[0-9a-f]{64}$/, 'ab'.repeat(32))

      const answer = await answerTo(headers, request.body)

      assert.equal(outcome(answer), code)
    })
  }
}

test('[A1] what establishes no identity leaves no record, and is counted', async () => {
  const { Events } = await cloudtrail.send(new LookupEventsCommand({}))

  const metrics = await (await fetch(`http://127.0.0.1:${postern.metricsPort}/metrics`)).text()

  assert.ok(Events!.every(event => event.Username !== 'signer' || !event.CloudTrailEvent!.includes('errorCode')))
  assert.match(metrics, /postern_unidentified_requests_total\{service="kms",kind="mismatch"\} [1-9]/)
})

for (const payload of [
  'UNSIGNED-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]) {
  test(`[A2] [A3] x-amz-content-sha256 of ${payload.slice(0, 34)} is refused: the hash is of the body that came`, async () => {
    const headers = headersOf({ headers: { 'x-amz-content-sha256': payload } })

    assert.equal(outcome(await answerTo(headers)), mismatch)
  })
}

for (const [what, hash] of Object.entries({
  'UNSIGNED-PAYLOAD': 'UNSIGNED-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'the hash of another body': sha256Hex('{"Limit":1}'),
})) {
  test(`[A2] [A3] a signature over ${what}, said in x-amz-content-sha256 and not, is refused`, async () => {
    const signedHeaders = 'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target'

    const said = await withOddSignature({ payloadHash: hash, signedHeaders }, { 'x-amz-content-sha256': hash })
    const unsaid = await withOddSignature({ payloadHash: hash })

    assert.equal(said, mismatch)
    assert.equal(unsaid, mismatch)
  })
}

for (const [what, body] of Object.entries({ 'one byte': '{ ', 'a trailing newline': '{}\n', nothing: '' })) {
  test(`[A3] a body that differs by ${what} is refused`, async () => {
    assert.equal(outcome(await answerTo(headersOf(), body)), mismatch)
  })
}

const identityOfCaller = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
const askPresigned = (request: Partial<PresignedRequest> = {}, more = ''): Promise<RawAnswer | undefined> => {
  const target = presigned(postern, credentials, { service: 'sts', parameters: identityOfCaller, ...request })
  return send(postern, `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${postern.apiPort}\r\n${more}\r\n`)
}

test('[A4] a presigned GetCallerIdentity of STS is served until it expires', async () => {
  const answer = await askPresigned({ expires: '60', at: Date.now() - 50_000 })
  const expired = await askPresigned({ expires: '60', at: Date.now() - 62_000 })

  assert.equal(outcome(answer), '200')
  assert.match(answer!.body, /:user\/signer</)
  assert.equal(expired?.status, 403)
  assert.match(expired.body, /Signature expired/)
})

for (const [what, request] of Object.entries({
  'that lives for longer than a week': { expires: '604801' },
  'whose time of living is no number': { expires: '6e1' },
  'that lives for a negative time': { expires: '-60' },
  'of the future': { at: Date.now() + 310_000 },
  'that was signed for S3': { service: 's3' },
  'that was signed for KMS': { service: 'kms' },
  'for credentials': { parameters: { ...identityOfCaller, Action: 'GetSessionToken' } },
  'for credentials, with the operation that is served beside it': {
    parameters: { Version: '2011-06-15', Action: 'GetSessionToken', Name: 'Action=GetCallerIdentity' },
  },
  'for EC2': { service: 'ec2', parameters: { Action: 'DescribeVpcs', Version: '2016-11-15' } },
  'for IAM': { service: 'iam', parameters: { Action: 'ListUsers', Version: '2010-05-08' } },
  'for KMS': { service: 'kms', parameters: { Action: 'ListKeys', Version: '2014-11-01' } },
} satisfies Record<string, Partial<PresignedRequest>>)) {
  test(`[A4] a presigned request ${what} is refused, its signature right`, async () => {
    const answer = await askPresigned(request)

    assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, outcome(answer))
  })
}

const altered: Readonly<Record<string, (target: string) => string>> = {
  'with more behind a second equals sign': target => target.replace(/X-Amz-Expires=\d+/, '$&=evil'),
  'with another action behind a second equals sign': target => target.replace('Action=GetCallerIdentity', '$&=evil'),
  'with a raw plus sign': target => `${target}&x=a+b`,
}

for (const [what, alter] of Object.entries(altered)) {
  test(`[A4] [A12] a presigned request ${what} is refused`, async () => {
    const target = alter(presigned(postern, credentials, { service: 'sts', parameters: identityOfCaller }))

    const answer = await send(postern, `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${postern.apiPort}\r\n\r\n`)

    assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, outcome(answer))
  })
}

test('[A4] a presigned request with an Authorization header, a target or a body beside it is refused', async () => {
  const { authorization = '' } = headersOf({ service: 'sts' })

  const beside = await askPresigned({}, `authorization: ${authorization}\r\n`)
  const targeted = await askPresigned({}, 'x-amz-target: TrentService.ListKeys\r\n')
  const target = presigned(postern, credentials, { service: 'sts', parameters: identityOfCaller })
  const host = `127.0.0.1:${postern.apiPort}`
  const form = 'Action=GetCallerIdentity&Version=2011-06-15'
  const withBody = await send(postern, post({ host }, form, `GET ${target} HTTP/1.1`))
  const posted = await send(postern, post({ host }, form, `POST ${target} HTTP/1.1`))

  for (const answer of [beside, targeted, withBody, posted]) {
    assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, outcome(answer))
  }
})

const presignedQuery = (action: string, service: string): string =>
  `Action=${action}&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credentials.accessKeyId}%2F20261124%2Fus-west-2%2F${service}%2Faws4_request&X-Amz-Date=20261124T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'ab'.repeat(32)}`

test('[A4] credentials in the query string beside a header are refused', async () => {
  const headers = headersOf()

  const answer = await send(postern, post(headers, '{}', `POST /?${presignedQuery('ListKeys', 'kms')} HTTP/1.1`))

  assert.equal(answer?.status, 400)
})

test('[A4] a presigned KMS request is refused', async () => {
  const host = `127.0.0.1:${postern.apiPort}`
  const query = presignedQuery('ListKeys', 'kms').replace('2011-06-15', '2014-11-01')

  const answer = await send(postern, `GET /?${query} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)

  assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500)
})

for (const name of [
  'authorization',
  'host',
  'x-amz-date',
  'x-amz-target',
  'x-amz-security-token',
  'content-type',
  'content-length',
]) {
  for (const order of ['good first', 'bad first']) {
    test(`[A5] two ${name} headers, ${order}, are refused with 400`, async () => {
      const request = { ...listKeys, headers: {} }
      const headers = signed(postern, name === 'x-amz-security-token' ? administrator : credentials, request)
      const good = [name, headers[name] ?? '2'] as const
      const bad = [name, name === 'content-length' ? '3' : 'evil'] as const
      const others = Object.entries(headers).filter(([other]) => other !== name)
      const both = order === 'good first' ? [good, bad] : [bad, good]

      const answer = await send(postern, post([...others, ...both], '{}'))

      assert.equal(answer?.status, 400)
    })
  }
}

/** A request whose Authorization header is changed, signature and all as they were. */
async function withAuthorization(change: (text: string) => string): Promise<string> {
  const headers = headersOf()
  headers['authorization'] = change(headers['authorization']!)
  return outcome(await answerTo(headers))
}

const signedHeaders = (list: string) => (text: string) => text.replace(/SignedHeaders=[^,]+/, `SignedHeaders=${list}`)

for (const [what, list] of Object.entries({
  'without host': 'content-type;x-amz-date;x-amz-target',
  'without x-amz-target, though sent': 'content-type;host;x-amz-date',
  'without content-type, though sent': 'host;x-amz-date;x-amz-target',
  'without x-amz-date': 'content-type;host;x-amz-target',
  'not sorted': 'host;content-type;x-amz-date;x-amz-target',
  'in upper case': 'Content-Type;Host;X-Amz-Date;X-Amz-Target',
  'with a name twice': 'content-type;host;host;x-amz-date;x-amz-target',
  'with one that is not there': 'content-type;host;x-amz-date;x-amz-target;x-made-up',
})) {
  test(`[A6] SignedHeaders ${what} are refused`, async () => {
    assert.equal(await withAuthorization(signedHeaders(list)), mismatch)
  })
}

for (const [what, odd, more] of [
  ['without host', 'content-type;x-amz-date;x-amz-target', {}],
  ['without x-amz-target, though sent', 'content-type;host;x-amz-date', {}],
  ['without content-type, though sent', 'host;x-amz-date;x-amz-target', {}],
  ['without x-amz-date', 'content-type;host;x-amz-target', {}],
  ['without x-amz-content-sha256, though sent', 'content-type;host;x-amz-date;x-amz-target', true],
  ['not sorted', 'host;content-type;x-amz-date;x-amz-target', {}],
  ['with a name twice', 'content-type;host;host;x-amz-date;x-amz-target', {}],
  ['with one that is not there', 'content-type;host;x-amz-date;x-amz-target;x-made-up', {}],
] as const) {
  test(`[A6] SignedHeaders ${what} are refused also where the signature is right for them`, async () => {
    const headers = more === true ? { 'x-amz-content-sha256': sha256Hex('{}') } : more

    assert.equal(await withOddSignature({ signedHeaders: odd }, headers), mismatch)
  })
}

test('[A6] a session token that is sent and not signed is refused', async () => {
  const { sessionToken = '', ...longTerm } = administrator
  const headers = signed(postern, longTerm, listKeys)

  const answer = await answerTo({ ...headers, 'x-amz-security-token': sessionToken })

  assert.equal(outcome(answer), mismatch)
})

test('[A7] a header that is added or swapped after signing is refused', async () => {
  const added = await answerTo({ ...headersOf(), 'x-amz-target': 'TrentService.CreateKey' })
  const swapped = await answerTo({ ...headersOf(), 'content-type': 'application/x-amz-json-1.0' })

  assert.equal(outcome(added), mismatch)
  assert.equal(outcome(swapped), mismatch)
})

test('[A8] a signature for another service, Region or day does not open KMS', async () => {
  for (const service of ['s3', 'sts', 'iam', 'ec2']) {
    assert.equal(outcome(await answerTo(headersOf({ service }))), mismatch, service)
  }
  for (const region of ['us-east-1', 'eu-west-1', '']) {
    assert.notEqual(outcome(await answerTo(headersOf({ region }))), '200', region)
  }
  assert.equal(await withAuthorization(text => text.replace(/\/\d{8}\//, '/20200101/')), mismatch)
})

test('[A8] a scope of another day than x-amz-date, or with another terminator, is refused, its signature right', async () => {
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')

  assert.equal(await withOddSignature({}), '200', 'as it should be, the hand-made signature is right')
  assert.equal(await withOddSignature({ scope: '20200101/us-west-2/kms/aws4_request' }), mismatch)
  assert.equal(await withOddSignature({ scope: `${today}/us-west-2/kms/aws5_request` }), mismatch)
  assert.equal(await withOddSignature({ scope: `${today}/us-west-2/kms/aws4_request/x` }), incomplete)
})

test('[A9] a Date header stands in for x-amz-date in no form, signed or not', async () => {
  const { 'x-amz-date': timestamp = '', ...headers } = headersOf()
  const dated = { ...headers, date: new Date().toUTCString() }
  const signedHeaders = 'content-type;date;host;x-amz-target'

  const signedDate = await answerTo(signedOddly(credentials, dated, '{}', { signedHeaders, timestamp }))
  const unsignedDate = await answerTo(
    signedOddly(credentials, dated, '{}', { signedHeaders: 'content-type;host;x-amz-target', timestamp }),
  )

  assert.equal(outcome(signedDate), incomplete)
  assert.equal(outcome(unsignedDate), incomplete)
})

for (const [what, change, code] of [
  ['another terminator', (text: string) => text.replace('aws4_request', 'aws5_request'), mismatch],
  ['six parts', (text: string) => text.replace('aws4_request', 'aws4_request/x'), incomplete],
  ['an access key with a slash', (text: string) => text.replace('Credential=', 'Credential=a/'), incomplete],
  ['no credential', (text: string) => text.replace(/Credential=[^,]+, /, ''), incomplete],
  ['no signature', (text: string) => text.replace(/, Signature=.*/, ''), incomplete],
] as const) {
  test(`[A8] a credential scope with ${what} is refused`, async () => {
    assert.equal(await withAuthorization(change), code)
  })
}

const minute = 60_000
for (const [what, at, text] of [
  ['five minutes and a second old', () => Date.now() - 5 * minute - 1_500, 'Signature expired'],
  ['five minutes and a second ahead', () => Date.now() + 5 * minute + 2_500, 'Signature not yet current'],
] as const) {
  test(`[A9] a signature ${what} is refused`, async () => {
    const answer = await answerTo(headersOf({ at: at() }))

    assert.equal(outcome(answer), mismatch)
    assert.ok(answer!.body.includes(text))
  })
}

for (const date of ['20260230T000000Z', '20261124t000000z', '20261124T000000', '2026-11-24T00:00:00Z', '']) {
  test(`[A9] the date "${date}" is refused`, async () => {
    const answer = await answerTo({ ...headersOf(), 'x-amz-date': date })

    assert.equal(outcome(answer), incomplete)
  })
}

for (const algorithm of [
  'AWS4-HMAC-SHA1',
  'AWS4-ECDSA-P256-SHA256',
  '',
  'AWS4-HMAC-SHA256 AWS4-HMAC-SHA256',
  'Basic',
]) {
  test(`[A10] the algorithm "${algorithm}" is refused`, async () => {
    assert.equal(await withAuthorization(text => text.replace('AWS4-HMAC-SHA256', algorithm)), incomplete)
  })
}

for (const [what, change] of Object.entries({
  '63 digits': (digits: string) => digits.slice(1),
  '65 digits': (digits: string) => `${digits}0`,
  'upper case': (digits: string) => digits.toUpperCase().replace(/^\d/, 'A'),
  'no hexadecimal digits': (digits: string) => `${digits.slice(0, 62)}zz`,
})) {
  test(`[A10] a signature of ${what} is refused`, async () => {
    assert.equal(await withAuthorization(text => text.replace(/[0-9a-f]{64}$/, change)), incomplete)
  })
}

test('[A11] the host that was signed is the one that must be sent', async () => {
  const answer = await answerTo({ ...headersOf(), host: `localhost:${postern.apiPort}` })

  assert.equal(outcome(answer), mismatch)
})

for (const [what, signedAs, sentAs] of [
  ['with its port and without', (port: number) => `127.0.0.1:${port}`, () => '127.0.0.1'],
  ['without its port and with', () => '127.0.0.1', (port: number) => `127.0.0.1:${port}`],
  ['in lower and in upper case', (port: number) => `localhost:${port}`, (port: number) => `LOCALHOST:${port}`],
] as const) {
  test(`[A11] a host that is signed and sent ${what} is refused`, async () => {
    const headers = headersOf({ host: signedAs(postern.apiPort) })

    const changed = await answerTo({ ...headers, host: sentAs(postern.apiPort) })

    assert.equal(outcome(changed), mismatch)
    assert.equal(outcome(await answerTo(headers)), '200')
  })
}

for (const host of [
  'evil.example',
  'localhost.',
  'kms.eu-west-1.amazonaws.com',
  '10.0.0.1',
  '127.0.0.1.evil.example',
]) {
  test(`[A11] [B23] the host ${host} names no door of ours`, async () => {
    const answer = await answerTo(headersOf({ host }))

    assert.equal(answer?.status, 421)
  })
}

for (const target of [
  '//',
  '/./',
  '/%2e',
  '/?',
  '/x',
  '/%2F',
  'http://evil/',
  '//x/../?a=b',
  '*',
  '/?a=1&a=2',
  '/?b=1&a=1',
  '/?a=x+y',
  '/?a=x%20y',
  '/?Action=ListKeys&action=CreateKey',
]) {
  test(`[A12] the request target ${target} is refused before the signature`, async () => {
    const answer = await send(postern, post(headersOf(), '{}', `POST ${target} HTTP/1.1`))

    assert.equal(outcome(answer), '400 BadRequest')
  })
}

test('[A13] an unknown access key and a wrong secret of an inactive or deleted one look alike', async () => {
  const name = { UserName: 'signer' }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand(name))
  const other = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
  const ask = async (given: typeof other): Promise<RawAnswer | undefined> => answerTo(signed(postern, given, listKeys))
  assert.equal(outcome(await ask(other)), '200')

  const made = await ask({ ...other, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })
  await iam.send(new UpdateAccessKeyCommand({ ...name, AccessKeyId: other.accessKeyId, Status: 'Inactive' }))
  const inactive = await ask(other)
  await iam.send(new DeleteAccessKeyCommand({ ...name, AccessKeyId: other.accessKeyId }))
  const deleted = await ask(other)

  for (const answer of [made, inactive, deleted]) {
    assert.equal(outcome(answer), unknown)
    assert.equal(answer!.body, made!.body)
  }
})

test('[A15] a session token that is missing, cut, altered or of another key is refused', async () => {
  const token = administrator.sessionToken!
  const { accessKeyId, secretAccessKey } = administrator
  const other = await postern.administrator()
  const middle = Math.floor(token.length / 2)
  const flipped = token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1)
  const tokens = { cut: token.slice(0, -4), flipped, of: other.sessionToken!, empty: 'x' }

  for (const [what, sessionToken] of Object.entries(tokens)) {
    const answer = await answerTo(signed(postern, { accessKeyId, secretAccessKey, sessionToken }, listKeys))
    assert.equal(outcome(answer), unknown, what)
  }
  assert.equal(outcome(await answerTo(signed(postern, { accessKeyId, secretAccessKey }, listKeys))), unknown)
  assert.equal(outcome(await answerTo(signed(postern, administrator, listKeys))), '200')
})

test('[A16] a deleted access key stops working at once, its signing key cached or not', async () => {
  const name = { UserName: 'signer' }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand(name))
  const { sts } = postern.clients({
    accessKeyId: AccessKey!.AccessKeyId!,
    secretAccessKey: AccessKey!.SecretAccessKey!,
  })
  await sts.send(new GetCallerIdentityCommand({}))

  await iam.send(new DeleteAccessKeyCommand({ ...name, AccessKeyId: AccessKey!.AccessKeyId! }))

  await refused(sts.send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId')
})

test('[A17] a whole request that is sent twice works twice', async () => {
  const headers = headersOf()

  const [first, second] = [await answerTo(headers), await answerTo(headers)]

  assert.equal(outcome(first), '200')
  assert.equal(outcome(second), '200')
  assert.notEqual(first!.headers.get('x-amzn-requestid'), second!.headers.get('x-amzn-requestid'))
  const trail = trailText(postern)
  for (const answer of [first, second]) assert.ok(trail.includes(answer!.headers.get('x-amzn-requestid')!))
})

test('[A17] a whole request that is sent again after its five minutes is refused', async () => {
  const atItsEnd = headersOf({ at: Date.now() - 5 * minute + 5_000 })
  const after_ = headersOf({ at: Date.now() - 5 * minute - 1_500 })

  assert.equal(outcome(await answerTo(atItsEnd)), '200')
  assert.equal(outcome(await answerTo(after_)), mismatch)
})

test('a request without a signature is refused with MissingAuthenticationToken', async () => {
  const { authorization: _, ...headers } = headersOf()

  assert.equal(outcome(await answerTo(headers)), '400 MissingAuthenticationTokenException')
})
