// What the doors take for HTTP: hardening.md, section 3 and group B, byte by byte over TLS.
import assert from 'node:assert/strict'
import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openConnection, post, readAnswer, send, signed } from '../raw-client.ts'
import type { Lines, RawAnswer } from '../raw-client.ts'
import { repository, startPostern } from '../start-postern.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const administrator = await postern.administrator()
const host = `127.0.0.1:${postern.apiPort}`
const json = 'application/x-amz-json-1.1'

const kms = (operation: string, body: Buffer | string, headers: Record<string, string> = {}): Record<string, string> =>
  signed(postern, administrator, { service: 'kms', target: `TrentService.${operation}`, body, headers })

/** Calls KMS with a body as it is. */
const call = (operation: string, body: Buffer | string): Promise<RawAnswer | undefined> =>
  send(postern, post(kms(operation, body), body))

const codeOf = (answer: RawAnswer | undefined): string | undefined =>
  answer === undefined ? 'closed' : /"__type":"(\w+)"|<Code>([\w.]+)</.exec(answer.body)?.slice(1).find(Boolean)

const stillServes = async (): Promise<void> => assert.equal((await call('ListKeys', '{}'))?.status, 200)

async function refusedWith(answer: Promise<RawAnswer | undefined>, status: number): Promise<void> {
  const given = await answer
  assert.equal(given?.status, status, given?.body)
  assert.ok(!given.body.includes(repository) && !given.body.includes('node:'), 'no inner matters in the answer')
  await stillServes()
}

/** What comes back over TCP without TLS, until the other side closes or a second has passed. */
function plainAnswer(port: number, text: string): Promise<string> {
  return new Promise(resolve => {
    let answer = ''
    const socket = connectTcp(port, '127.0.0.1')
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.once('close', () => resolve(answer))
    socket.on('error', () => {})
    socket.write(text)
  })
}

// Section 3: refused by the parser, before anything of ours reads it.
const signedLines = (): Lines => Object.entries(kms('ListKeys', '{}'))
const malformed: Readonly<Record<string, () => Buffer>> = {
  'Content-Length and Transfer-Encoding': () =>
    post([...signedLines(), ['content-length', '2'], ['transfer-encoding', 'chunked']], '2\r\n{}\r\n0\r\n\r\n'),
  'Content-Length twice': () => post([...signedLines(), ['content-length', '2'], ['content-length', '2']], '{}'),
  'Content-Length: +2': () => post([...signedLines(), ['content-length', '+2']], '{}'),
  'a bare line feed in the head': () =>
    Buffer.from(post(kms('ListKeys', '{}'), '{}').toString('latin1').replaceAll('\r\n', '\n').concat('\r'), 'latin1'),
  'a NUL in a header': () => post([...signedLines(), ['x-odd', 'a\0b']], '{}'),
  'a bare carriage return in a header': () => post([...signedLines(), ['x-odd', 'a\rb']], '{}'),
  'a folded header': () => post([...signedLines(), ['x-odd', 'a\r\n b']], '{}'),
  'a blank before the colon': () => post([...signedLines(), ['x-odd ', 'a']], '{}'),
  'the preface of HTTP/2': () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'a chunk of a length that is no number': () =>
    post([...signedLines(), ['transfer-encoding', 'chunked']], '-2\r\n{}\r\n0\r\n\r\n'),
  'a transfer coding that is not chunked at its end': () =>
    post([...signedLines(), ['transfer-encoding', 'chunked, identity']], '2\r\n{}\r\n0\r\n\r\n'),
  'no HTTP at all': () => Buffer.from('\u0016\u0003\u0001 what is this\r\n\r\n', 'latin1'),
}

for (const [what, bytes] of Object.entries(malformed)) {
  test(`[B18] ${what} is refused with 400`, () => refusedWith(send(postern, bytes()), 400))
}

test('[B18] more than 64 headers are refused with 431, whatever they are', async () => {
  const many: Lines = Array.from({ length: 80 }, (_, index) => [`x-${index}`, '1'] as const)
  const thousands: Lines = Array.from({ length: 1_100 }, (_, index) => [`x${index}`, ''] as const)

  await refusedWith(send(postern, post([...signedLines(), ...many], '{}')), 431)
  await refusedWith(send(postern, post([...thousands, ...signedLines()], '{}')), 431)
})

test('[B18] a header named __proto__ is a header like any other', async () => {
  const answer = await send(postern, post([...signedLines(), ['__proto__', 'x']], '{}'))

  assert.equal(answer?.status, 200)
})

test('[B18] a chunked body is read whole, and its hash is what is signed', async () => {
  const headers: Lines = [...signedLines(), ['transfer-encoding', 'chunked']]

  const whole = await send(postern, post(headers, '1\r\n{\r\n1;ext=1\r\n}\r\n0\r\nx-amz-target: evil\r\n\r\n'))
  const longer = await send(postern, post(headers, '2\r\n{}\r\n1\r\n \r\n0\r\n\r\n'))

  assert.equal(whole?.status, 200)
  assert.equal(codeOf(longer), 'InvalidSignatureException')
})

for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE']) {
  test(`[B23] the method ${method} is refused with 405`, async () => {
    const answer = await send(postern, post(kms('ListKeys', '{}'), '{}', `${method} / HTTP/1.1`))

    // An answer to HEAD announces a body and has none.
    if (method !== 'HEAD') assert.equal(answer?.status, 405)
    assert.equal(answer?.headers.get('access-control-allow-origin'), undefined)
    await stillServes()
  })
}

test('[B18] an Upgrade to h2c is ignored', async () => {
  const upgrade: Lines = [
    ['connection', 'Upgrade, HTTP2-Settings'],
    ['upgrade', 'h2c'],
    ['http2-settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
  ]

  const answer = await send(postern, post([...signedLines(), ...upgrade], '{}'))

  assert.ok(answer === undefined || answer.status !== 101)
  await stillServes()
})

test('[B18] a request that expects 100-continue is served, one that expects anything else is not', async () => {
  const expecting = (what: string): Promise<RawAnswer | undefined> =>
    send(postern, post([...signedLines(), ['expect', what]], '{}'))

  const usual = await expecting('100-continue')
  const odd = await expecting('200-ok')

  assert.ok(usual?.status === 100 || usual?.status === 200)
  assert.equal(odd?.status, 417)
  await stillServes()
})

test('[B19] behind a proxy that goes by Content-Length, a chunked body smuggles no second request in', async () => {
  const proxy = await startNaiveProxy()
  const hidden = post(kms('CreateKey', '{}'), '{}')
  const chunked = Buffer.concat([Buffer.from('2\r\n{}\r\n0\r\n\r\n'), hidden])
  const both: Lines = [...signedLines(), ['content-length', String(chunked.length)], ['transfer-encoding', 'chunked']]
  const keys = async (): Promise<string> => (await call('ListKeys', '{}'))!.body
  const before = await keys()

  const answers = await proxy.forward(post(both, chunked))
  const plain = await proxy.forward(post(signedLines(), '{}'))
  proxy.close()

  assert.match(answers, /^HTTP\/1\.1 400 /)
  assert.equal(answers.split('HTTP/1.1 ').length, 2, 'one request has one answer')
  assert.match(plain, /^HTTP\/1\.1 200 /)
  assert.equal(await keys(), before)
})

/**
 * A proxy as simple as they come: it ends TLS elsewhere, takes a request to be as long as its Content-Length says, hands on its
 * bytes as they are, and keeps one connection for all of its clients.
 */
async function startNaiveProxy() {
  let backend = await openConnection(postern)
  const server = createTcpServer(client => {
    client.on('error', () => {})
    client.once('data', (bytes: Buffer) => void relay(client, bytes))
  })
  async function relay(client: Socket, bytes: Buffer): Promise<void> {
    if (backend.destroyed || backend.readableEnded) backend = await openConnection(postern)
    const onData = (chunk: Buffer): void => void client.write(chunk)
    backend.on('data', onData).on('error', () => {})
    backend.write(bytes)
    await Promise.race([new Promise(resolve => backend.once('close', resolve)), delay(500)])
    backend.off('data', onData)
    client.end()
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const forward = (bytes: Buffer): Promise<string> =>
    new Promise(resolve => {
      let text = ''
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
      socket.once('close', () => resolve(text))
      socket.write(bytes)
    })
  const close = (): void => {
    backend.destroy()
    server.close()
  }
  return { forward, close }
}

test('[B23] a request from a web page is refused with 403', () =>
  refusedWith(send(postern, post([...signedLines(), ['origin', 'https://evil.example']], '{}')), 403))

test('[B20] a body of 64 KiB and one byte is refused with 413 before it is parsed', async () => {
  const body = `{"a":"${'x'.repeat(65_536 + 1 - 8)}"}`

  await refusedWith(call('ListKeys', body), 413)
})

test('[B20] a body of a gigabyte, announced or in chunks, is refused with 413', async () => {
  const announced = post([...signedLines(), ['content-length', String(2 ** 30)]], '{}')
  const endless = post([...signedLines(), ['transfer-encoding', 'chunked']], '')
  const socket = await openConnection(postern)
  const answered = readAnswer(socket)
  const chunk = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x40_00, 0x20), Buffer.from('\r\n')])

  await refusedWith(send(postern, announced), 413)
  await refusedWith(send(postern, post([...signedLines(), ['content-length', '1000000000000']], '{}')), 413)
  socket.write(endless)
  for (let sent = 0; sent < 16; sent++) socket.write(chunk)

  const answer = await answered
  assert.ok(answer === undefined || answer.status === 413)
  socket.destroy()
  await stillServes()
})

test('[B20] an encoded body is refused with 415', () =>
  refusedWith(send(postern, post([...signedLines(), ['content-encoding', 'gzip']], '{}')), 415))

test('[B20] a request without a length has no body', async () => {
  const lines = signedLines().map(([name, value]) => `${name}: ${value}`)

  const answer = await send(postern, `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)

  assert.equal(codeOf(answer), 'InvalidSignatureException')
  await stillServes()
})

test('[B20] a connection that says nothing, a slow head and a body that never comes are ended while others are served', async () => {
  const slowHead = await openConnection(postern)
  const idle = await openConnection(postern)
  const slowBody = await openConnection(postern)
  const silent = connectTcp(postern.apiPort, '127.0.0.1')
  const ended = [slowHead, slowBody, silent, idle].map(
    socket => new Promise<void>(resolve => socket.on('error', () => {}).once('close', () => resolve())),
  )
  slowHead.resume().write('POST / HTTP/1.1\r\nhost: ')
  slowBody.resume().write(post([...signedLines(), ['content-length', '200']], '{'))
  silent.resume()
  idle.resume()

  await stillServes()

  const late = delay(20_000, 'late', { ref: false })
  assert.notEqual(await Promise.race([Promise.all(ended), late]), 'late')
})

test('[B20] thousands of idle connections hinder nobody', async () => {
  const idle = await Promise.all(Array.from({ length: 200 }, () => openConnection(postern)))
  const silent: Socket[] = []
  for (let count = 0; count < 2_000; count++)
    silent.push(connectTcp(postern.apiPort, '127.0.0.1').on('error', () => {}))
  await Promise.all(silent.map(socket => new Promise(resolve => socket.once('connect', resolve))))

  const started = performance.now()
  await stillServes()

  assert.ok(performance.now() - started < 2_000)
  for (const socket of [...idle, ...silent]) socket.destroy()
})

const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const badJson: Readonly<Record<string, Buffer | string>> = {
  'random bytes': Buffer.from([0xff, 0x00, 0x8c, 0x22, 0x7b, 0xc3]),
  'truncated JSON': '{"KeyId": "a',
  'a list': '[]',
  'a text': '"x"',
  null: 'null',
  'two values': '{}{}',
  'a name twice': '{"Limit":1,"Limit":2}',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  'a lone surrogate': String.raw`{"Marker":"\ud800"}`,
  'a byte order mark': Buffer.from('\uFEFF{}'),
  'a number too large': '{"Limit":12345678901234567890}',
  'a number with a fraction': '{"Limit":1.5}',
  'a text for a number': '{"Limit":"1"}',
  'a number for a text': '{"Marker":1}',
  'a list for a text': '{"Marker":["a"]}',
  'an object for a text': '{"Marker":{"a":1}}',
  'nesting of 10,000 levels': deep(10_000),
}

for (const [what, body] of Object.entries(badJson)) {
  test(`[B22] a body of ${what} is answered with SerializationException`, async () => {
    const answer = await call('ListKeys', body)

    assert.equal(answer?.status, 400)
    assert.equal(codeOf(answer), 'SerializationException')
    await stillServes()
  })
}

const namedKeys: Readonly<Record<string, readonly [value: string, code: string]>> = {
  'a number': ['7', 'SerializationException'],
  'a list': ['["a"]', 'SerializationException'],
  'an object': ['{"a":"b"}', 'SerializationException'],
  true: ['true', 'SerializationException'],
  null: ['null', 'ValidationException'],
}

for (const [what, [value, code]] of Object.entries(namedKeys)) {
  test(`[B22] a KeyId that is ${what} is answered with ${code}`, async () => {
    const answer = await call('DescribeKey', `{"KeyId":${value}}`)

    assert.equal(answer?.status, 400)
    assert.equal(codeOf(answer), code)
  })
}

test('[B22] a Plaintext that is an object, or a context that is none, is answered with SerializationException', async () => {
  const plaintext = await call('Encrypt', '{"KeyId":"alias/a","Plaintext":{"a":"b"}}')
  const context = await call('Encrypt', '{"KeyId":"alias/a","Plaintext":"YQ==","EncryptionContext":["a"]}')
  const inner = await call('Encrypt', '{"KeyId":"alias/a","Plaintext":"YQ==","EncryptionContext":{"a":{"b":"c"}}}')
  const surrogate = await call(
    'Encrypt',
    String.raw`{"KeyId":"alias/a","Plaintext":"YQ==","EncryptionContext":{"a":"\udfff"}}`,
  )

  for (const answer of [plaintext, context, inner, surrogate]) assert.equal(codeOf(answer), 'SerializationException')
})

test('[B22] members that no shape has are passed over', async () => {
  const answer = await call('ListKeys', '{"NoSuchMember":{"a":[1,2]},"limit":"x"}')

  assert.equal(answer?.status, 200)
})

for (const [what, body] of Object.entries({
  'nesting of 100,000 levels': () => deep(100_000),
  'a million names': () => `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join()}}`,
  'a text of 10 MB': () => `{"Marker":"${'x'.repeat(10_000_000)}"}`,
})) {
  test(`[B21] a body of ${what} is refused by its size`, async () => {
    const text = body()
    const bytes = post([...signedLines(), ['content-length', String(text.length)]], text.slice(0, 100_000))

    await refusedWith(send(postern, bytes), 413)
  })
}

test('[B21] the names, lists and depth of a form cost no more than its bytes', async () => {
  const ask = (parameters: string): Promise<RawAnswer | undefined> => {
    const body = `Action=DescribeVpcs&Version=2016-11-15&${parameters}`
    return send(postern, post(signed(postern, administrator, { service: 'ec2', body }), body))
  }
  const started = performance.now()

  const far = await ask('VpcId.999999999=vpc-0123456789abcdef0')
  const farther = await ask('VpcId.99999999999999999999=vpc-1')
  const deepest = await ask(`${'a.'.repeat(50_000)}a=1`)
  const many = await ask(Array.from({ length: 20_000 }, (_, index) => `p${index}=1`).join('&'))
  const prototype = await ask('VpcId.__proto__=1')
  const unknown = await ask('__proto__.x=1&constructor.prototype.x=1')

  assert.equal(codeOf(far), 'InvalidVpcID.NotFound')
  for (const answer of [farther, deepest, many, prototype]) assert.equal(codeOf(answer), 'MalformedQueryString')
  assert.equal(codeOf(unknown), 'UnknownParameter')
  assert.ok(performance.now() - started < 2_000)
  await stillServes()
})

test('[B21] a body of 5,000 unknown members is answered in time', async () => {
  const members = Array.from({ length: 5_000 }, (_, index) => `"m${index}":1`)
  const started = performance.now()

  const answer = await call('ListKeys', `{${members.join()}}`)

  assert.ok(answer !== undefined)
  assert.ok(performance.now() - started < 2_000)
})

test('[B18] a member named __proto__ changes nothing', async () => {
  const answer = await call('ListKeys', '{"__proto__":{"Limit":"evil"},"constructor":{"prototype":{"a":1}}}')

  assert.equal(answer?.status, 200)
  await stillServes()
})

const strictBase64: Readonly<Record<string, string>> = {
  'characters of no alphabet': 'Q!U@I=',
  'the alphabet of URLs': 'QUJ-',
  'no padding': 'QUJDR',
  'tail bits that are not zero': 'QUJEZh==',
  blanks: 'QU JD',
}

for (const [what, text] of Object.entries(strictBase64)) {
  test(`[B18] base64 with ${what} is refused`, async () => {
    const answer = await call('Decrypt', JSON.stringify({ CiphertextBlob: text }))

    assert.equal(codeOf(answer), 'SerializationException')
  })
}

test('values that break their constraints are answered with ValidationException in the words of AWS', async () => {
  const long = await call('ListKeys', JSON.stringify({ Limit: 1_001 }))
  const missing = await call('Encrypt', '{}')
  const key = await call('DescribeKey', JSON.stringify({ KeyId: 'x'.repeat(2_049) }))

  assert.equal(codeOf(long), 'ValidationException')
  assert.match(
    long!.body,
    /1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000/,
  )
  assert.equal(codeOf(missing), 'ValidationException')
  assert.match(missing!.body, /2 validation errors detected/)
  assert.equal(codeOf(key), 'ValidationException')
  assert.match(key!.body, /Member must have length less than or equal to 2048/)
})

test('an unknown operation, an unknown service and a wrong content type get their errors', async () => {
  const headers = { service: 'kms', body: '{}' } as const
  const ask = (target: string, contentType = json): Promise<RawAnswer | undefined> =>
    send(postern, post(signed(postern, administrator, { ...headers, target, contentType }), '{}'))
  const query = (body: string): Promise<RawAnswer | undefined> =>
    send(postern, post(signed(postern, administrator, { service: 'ec2', body }), body))

  assert.equal(codeOf(await ask('TrentService.NoSuchOperation')), 'UnknownOperationException')
  assert.equal(codeOf(await ask('TrentService.__proto__')), 'UnknownOperationException')
  assert.equal((await ask('NoSuchService.ListKeys'))?.status, 404)
  assert.equal(codeOf(await ask('TrentService.ListKeys', 'text/plain')), 'SerializationException')
  assert.equal(codeOf(await query('Action=NoSuchAction&Version=2016-11-15')), 'InvalidAction')
  const otherApi = await query('Action=DescribeVpcs&Version=1999-01-01')
  assert.equal(codeOf(otherApi), 'InvalidAction')
  assert.match(otherApi!.headers.get('content-type') ?? '', /xml/)
  await stillServes()
})

test('[B21] a broken list of any length costs little and is answered with little', async () => {
  const body = JSON.stringify({ KeyId: 'x', Tags: Array.from({ length: 21_000 }, () => ({})) })
  const started = performance.now()

  const answer = await send(
    postern,
    post(signed(postern, administrator, { service: 'kms', target: 'TrentService.TagResource', body }), body),
  )

  assert.equal(codeOf(answer), 'ValidationException')
  assert.ok(answer!.body.length < 5_000)
  assert.ok(performance.now() - started < 1_000)
})

test('[B21] a made-up name is repeated in part only', async () => {
  const body = `Action=${'%3C'.repeat(60_000)}&Version=2016-11-15`

  const answer = await send(postern, post(signed(postern, administrator, { service: 'ec2', body }), body))

  assert.equal(codeOf(answer), 'InvalidAction')
  assert.ok(answer!.body.length < 2_000)
})

test('a transfer encoding other than chunked is refused with 501', () =>
  refusedWith(
    send(postern, 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'),
    501,
  ))

test('a query request with a parameter twice is refused', async () => {
  const body = 'Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1&VpcId.1=vpc-2'

  const answer = await send(postern, post(signed(postern, administrator, { service: 'ec2', body }), body))

  assert.equal(answer?.status, 400)
  await stillServes()
})

test('[B24] HTTP on the TLS port, and TLS on the plain port, are closed without a redirect', async () => {
  const plain = await plainAnswer(postern.apiPort, `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
  const overTls = openConnection(postern, { port: postern.metricsPort })

  assert.ok(!plain.includes('301') && !plain.toLowerCase().includes('location'))
  await assert.rejects(overTls)
  await stillServes()
})

for (const [what, options] of Object.entries({
  'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
  'TLS 1.1': { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
  'static RSA': { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256@SECLEVEL=0' },
  'a cipher of CBC': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256@SECLEVEL=0' },
} satisfies Record<string, ConnectionOptions>)) {
  test(`[B24] ${what} is refused by the server`, async () => {
    // Not by the client, whose own library may have no such thing: the alert comes from the other side.
    await assert.rejects(openConnection(postern, options), /alert (protocol version|handshake failure)/)
    await stillServes()
  })
}

test('[B24] a client cannot renegotiate', async () => {
  const socket = await openConnection(postern, { maxVersion: 'TLSv1.2' })
  assert.equal(socket.getProtocol(), 'TLSv1.2')

  const outcome = await new Promise(resolve => {
    socket.on('error', resolve)
    socket.once('close', () => resolve('closed'))
    socket.renegotiate({}, error => resolve(error ?? 'renegotiated'))
  })

  assert.notEqual(outcome, 'renegotiated')
  socket.destroy()
  await stillServes()
})

for (const servername of ['', 'x'.repeat(63).concat('.').repeat(4).slice(0, 255), 'unknown.example', '..']) {
  test(`[B24] the server name "${servername.slice(0, 20)}" (${servername.length}) does no harm`, async () => {
    const socket = await openConnection(postern, { servername, checkServerIdentity: () => undefined }).catch(
      () => undefined,
    )

    socket?.destroy()

    await stillServes()
  })
}

test('[B25] HTTP/2 is not offered', async () => {
  const socket = await openConnection(postern, { ALPNProtocols: ['h2', 'http/1.1'] })

  assert.equal(socket.alpnProtocol, 'http/1.1')
  socket.destroy()
})

test('requests of one connection are answered in their order, also when they come at once', async () => {
  const socket = await openConnection(postern)
  const one = post(kms('ListKeys', '{}'), '{}')
  const two = post(kms('ListKeys', '{"Limit":0}'), '{"Limit":0}')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))

  socket.write(Buffer.concat([one, two, one]))

  const end = Date.now() + 5_000
  while (text.split('HTTP/1.1 ').length < 4 && Date.now() < end) await delay(5)
  assert.deepEqual(
    text
      .split('HTTP/1.1 ')
      .slice(1)
      .map(answer => answer.slice(0, 3)),
    ['200', '400', '200'],
  )
  socket.destroy()
})

test('[H70] answers tell no version and no inner matters', async () => {
  const answer = await call('ListKeys', '{}')

  for (const name of ['server', 'x-powered-by', 'via']) assert.equal(answer?.headers.get(name), undefined)
})

test('health, readiness and metrics are on a listener of their own, for this machine alone', async () => {
  const url = `http://127.0.0.1:${postern.metricsPort}`
  const [health, ready, metrics] = await Promise.all(['/health', '/ready', '/metrics'].map(path => fetch(url + path)))
  const text = await metrics!.text()

  assert.equal(health!.status, 200)
  assert.equal(ready!.status, 200)
  assert.match(text, /postern_requests_total\{service="kms",operation="ListKeys",door="public",outcome="ok"\} \d+/)
  assert.match(text, /postern_request_duration_seconds_bucket/)
  assert.match(text, /postern_trail_healthy 1/)
  assert.match(text, /postern_store_healthy 1/)
  const rebound = await plainAnswer(postern.metricsPort, 'GET /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n')
  assert.match(rebound, /^HTTP\/1\.1 403 /)
})
