// Certificates as clients meet them: a new authority, certificates of the operator's own, and what TLS the doors speak.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { promisify } from 'node:util'
import { makePrivateNetwork } from '../private-network.ts'
import { program, startPostern } from '../start-postern.ts'
import type { Finished, Postern } from '../start-postern.ts'
import { makeTestAuthority } from '../test-authority.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'postern-certificates-'))
const company = await makeTestAuthority()
const ownNames = ['kms.us-west-2.amazonaws.com', '*.example.internal', 'kms.example.com']
const own = await company.issue({ dnsNames: ownNames })
const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') }

function writeOwn({ certificate, key }: typeof own): void {
  writeFileSync(files.certificate, `${certificate}${company.intermediate}`)
  writeFileSync(files.key, key, { mode: 0o600 })
}

writeOwn(own)
const postern = await startPostern()
const withOwn = await startPostern({
  words: ['--certificate', files.certificate, '--certificate-key', files.key],
})
after(async () => {
  await Promise.all([postern[Symbol.asyncDispose](), withOwn[Symbol.asyncDispose]()])
  rmSync(folder, { recursive: true })
})
const clients = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, clients.ec2)
const door = new URL(network.url)

/** The way to a server: its door, and whom the client trusts. */
interface Way {
  readonly host?: string
  readonly port: number
  readonly ca: string
  readonly servername?: string
}

/** The certificate that a door shows. @throws where the client does not trust it. */
async function certificateAt({ host = '127.0.0.1', ...way }: Way): Promise<X509Certificate> {
  const socket = connect({ host, ...way })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()!
  socket.destroy()
  return certificate
}

/** A call that nobody signed: it is answered, and its connection goes on. */
function call(
  options: Partial<Way> & { readonly agent?: Agent; readonly headers?: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly isReused: boolean }> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'TrentService.ListKeys',
    ...options.headers,
  }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', ...options, method: 'POST', headers }, answer => {
      answer.on('end', () => resolve({ status: answer.statusCode!, isReused: asked.reusedSocket })).resume()
    })
    asked.once('error', reject)
    asked.end('{}')
  })
}

/** Asks over a connection that is kept open; gives whether it was there already. */
function keptConnection(way: Way): { ask(): Promise<boolean>; end(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: way.ca })
  return {
    ask: async () => (await call({ ...way, agent })).isReused,
    end: () => agent.destroy(),
  }
}

async function done(from: Postern, ...words: readonly string[]): Promise<Finished> {
  const finished = await from.postern(...words)
  assert.equal(finished.status, 0, finished.error)
  return finished
}

const fingerprintIn = ({ out }: Finished): string => /SHA-256 ([0-9A-F:]+)/.exec(out)![1]!

/** Runs `openssl s_client` to its end, which is that of its input. */
async function sClient(words: readonly string[]): Promise<{ readonly ok: boolean; readonly text: string }> {
  const asked = run('openssl', ['s_client', ...words])
  asked.child.stdin!.end()
  return asked.then(
    ({ stdout, stderr }) => ({ ok: true, text: stdout + stderr }),
    (error: { stdout: string; stderr: string }) => ({ ok: false, text: error.stdout + error.stderr }),
  )
}

const doors: Readonly<Record<string, { readonly address: string; readonly words: readonly string[] }>> = {
  'the public door': { address: `127.0.0.1:${postern.apiPort}`, words: [] },
  'an endpoint’s door': { address: door.host, words: [] },
  'a certificate of the operator’s own': {
    address: `127.0.0.1:${withOwn.apiPort}`,
    words: ['-servername', 'kms.example.com'],
  },
}

for (const [name, { address, words }] of Object.entries(doors)) {
  test(`OpenSSL cannot speak old TLS or weak suites with ${name}`, async () => {
    const weak = [
      ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'],
      ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'],
      ['-tls1_2', '-cipher', 'AES128-GCM-SHA256:AES128-SHA@SECLEVEL=0'],
      ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA@SECLEVEL=0'],
      ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0'],
    ]

    for (const attempt of weak) {
      const { ok, text } = await sClient(['-connect', address, ...words, ...attempt])

      assert.equal(ok, false, attempt.join(' '))
      assert.match(text, /Cipher is \(NONE\)/)
    }
  })

  test(`OpenSSL speaks TLS 1.2 and 1.3 with ${name}, which asks for no client certificate`, async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const { ok, text } = await sClient(['-connect', address, ...words, version, '-msg'])

      assert.equal(ok, true)
      assert.match(text, /Handshake \[length [0-9a-f]+\], ServerHello/)
      assert.doesNotMatch(text, /CertificateRequest/)
      assert.match(text, /Cipher is (?:TLS_AES_\d+_GCM|ECDHE-ECDSA-AES\d+-GCM)/)
    }
  })
}

test('a staged authority is known to clients before it issues, and no connection ends when it does', async () => {
  const old = postern.authority
  const ways: readonly Way[] = [
    { port: postern.apiPort, ca: old },
    { host: door.hostname, port: Number(door.port), ca: old },
  ]
  const kept = ways.map(way => keptConnection(way))
  for (const connection of kept) await connection.ask()
  const before = await certificateAt(ways[0]!)

  const staged = fingerprintIn(await done(postern, 'ca', 'renew', '--stage'))
  const both = postern.authority
  const whileStaged = await certificateAt(ways[0]!)
  await done(postern, 'ca', 'renew', '--activate')

  assert.equal(whileStaged.issuer, before.issuer)
  assert.deepEqual(
    both.match(/-----BEGIN[^]+?END CERTIFICATE-----/g)!.map(pem => new X509Certificate(pem).fingerprint256),
    [new X509Certificate(old).fingerprint256, staged],
  )
  for (const way of ways) {
    const certificate = await certificateAt({ ...way, ca: both })
    assert.notEqual(certificate.issuer, before.issuer)
    await assert.rejects(certificateAt(way), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  }
  for (const connection of kept) {
    assert.equal(await connection.ask(), true)
    connection.end()
  }
})

test('a renewal is in the trail, with the fingerprints and who did it, and no secret leaves', async () => {
  const former = new X509Certificate(postern.authority).fingerprint256

  const renewed = fingerprintIn(await done(postern, 'ca', 'renew'))

  const { cloudtrail } = postern.clients(await postern.administrator())
  const { Events } = await cloudtrail.send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'RenewCertificateAuthority' }],
    }),
  )
  const record = JSON.parse(Events![0]!.CloudTrailEvent!) as Record<string, object>
  assert.deepEqual(record['requestParameters'], {
    certificateAuthority: renewed,
    formerCertificateAuthorities: [former],
  })
  assert.equal(record['eventSource'], 'postern.admin')
})

test('a server that may not serve a Region says how to, and then serves it with another authority', async () => {
  await using other = await startPostern()
  await other.stop()
  const words = ['--data-dir', other.dataDirectory, '--root-key', other.rootKey]

  const refused = await other.run(process.execPath, [program, 'serve', ...words, '--region', 'xx-moon-1'])
  const advice = /"postern (ca renew [^"]+)"/.exec(refused.error)![1]!
  await done(other, ...advice.split(' '), '--root-key', other.rootKey)

  assert.equal(advice, 'ca renew --region xx-moon-1')
  const [shown] = JSON.parse((await done(other, 'ca', '--json')).out) as { permittedNames: readonly string[] }[]
  assert.ok(shown!.permittedNames.includes('kms.xx-moon-1.amazonaws.com'))
  const verified = await done(other, 'trail', 'verify', '--root-key', other.rootKey)
  assert.match(verified.out, /^The trail is whole/)
})

test('certificates of the operator’s own are served to clients that ask for their names, those of the authority to others', async () => {
  const at = (ca: string, servername?: string): Promise<X509Certificate> =>
    certificateAt({ port: withOwn.apiPort, ca, ...(servername === undefined ? {} : { servername }) })

  for (const name of ['kms.us-west-2.amazonaws.com', 'any.example.internal', 'KMS.example.com'])
    assert.equal((await at(company.root, name)).issuer, 'CN=Company Servers', name)
  for (const name of [undefined, 'sts.us-west-2.amazonaws.com', 'localhost']) {
    assert.match((await at(withOwn.authority, name)).issuer, /^CN=Postern /)
    await assert.rejects(at(company.root, name), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  }
  assert.match(withOwn.log, /"names":\[[^\]]*"sts.us-west-2.amazonaws.com"[^\n]*certificates are not for these names/)
  assert.doesNotMatch(withOwn.log, /"kms.us-west-2.amazonaws.com"/)
})

test('a host is served that a certificate of the operator’s own is for exactly, and none that it is for only as one of a domain', async () => {
  const way = { port: withOwn.apiPort, ca: withOwn.authority, servername: 'localhost' }
  const statusFor = async (host: string): Promise<number> => (await call({ ...way, headers: { host } })).status
  const statuses = await Promise.all(
    ['kms.example.com', 'localhost', 'any.example.internal', 'evil.example'].map(statusFor),
  )

  assert.equal(statuses[0], statuses[1])
  assert.deepEqual(statuses.slice(2), [421, 421])
})

/** When certificates end, as Prometheus reads it: seconds by what they are. */
async function endsOf(server: Postern): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text()
  const lines = text.matchAll(/^postern_certificate_end_timestamp_seconds\{of="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, of, seconds]) => [of!, Number(seconds)]))
}

const endOf = (...certificates: readonly string[]): number =>
  Math.min(...certificates.map(pem => new X509Certificate(pem).validToDate.getTime())) / 1_000

test('the metrics tell when the authority ends, and the first of the operator’s own certificates', async () => {
  assert.deepEqual(await endsOf(postern), { authority: endOf(postern.authority) })
  assert.deepEqual(await endsOf(withOwn), {
    authority: endOf(withOwn.authority),
    own: endOf(own.certificate, company.intermediate),
  })
})

test('other certificates are served after SIGHUP, open connections go on, and the log tells nothing of keys', async () => {
  const way = { port: withOwn.apiPort, ca: company.root, servername: 'kms.example.com' }
  const serial = async (): Promise<string> => (await certificateAt(way)).serialNumber
  const first = await serial()
  const kept = keptConnection(way)
  await kept.ask()
  const next = await company.issue({ dnsNames: ownNames, rsaBits: 2_048 })
  writeFileSync(files.certificate, `${next.certificate}${company.intermediate}`)

  process.kill(withOwn.processId, 'SIGHUP')
  await untilTrue(() => withOwn.log.includes('those of before stay in use'))
  const whileWrong = await serial()
  writeOwn(next)
  process.kill(withOwn.processId, 'SIGHUP')
  await untilTrue(async () => (await serial()) !== first)

  assert.equal(whileWrong, first)
  assert.equal(await serial(), new X509Certificate(next.certificate).serialNumber)
  assert.equal(await kept.ask(), true)
  kept.end()
  for (const { key } of [own, next]) assert.ok(!withOwn.log.includes(key.split('\n')[1]!.slice(0, 30)))
})

test('a server does not start with a certificate that its key does not fit', async () => {
  const other = await company.issue({ dnsNames: ['kms.example.com'] })
  const key = join(folder, 'other.key')
  writeFileSync(key, other.key, { mode: 0o600 })
  const words = ['serve', '--data-dir', join(folder, 'data'), '--root-key', join(folder, 'root.key')]

  const { status, error } = await postern.run(process.execPath, [
    program,
    ...words,
    '--certificate',
    files.certificate,
    '--certificate-key',
    key,
  ])

  assert.equal(status, 2)
  assert.match(error, /^postern: No certificate-key fits the certificate in \S+server\.pem\n$/)
})

async function untilTrue(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let count = 0; count < 500; count++) {
    if (await isSo()) return
    await delay(20)
  }
  throw new Error('It did not become so')
}
