// Certificates of the operator's own: what is taken, what is refused, and which is served for what.
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError, dayMillis } from '../../src/base/index.ts'
import { DoorCertificates } from '../../src/server/certificates/door-certificates.ts'
import { OwnCertificates } from '../../src/server/certificates/own-certificates.ts'
import { makeTestAuthority } from '../test-authority.ts'
import type { TestCertificate, TestCertificateOptions } from '../test-authority.ts'

const authority = await makeTestAuthority()
const folder = mkdtempSync(join(tmpdir(), 'postern-own-'))
after(() => rmSync(folder, { recursive: true }))
let folders = 0

const write = (path: string, text: string): string => {
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

interface Pair extends TestCertificate {
  readonly files: { readonly certificate: string; readonly key: string }
}

/** A certificate and its key in files of their own. */
async function pair(options: TestCertificateOptions, chain = authority.intermediate): Promise<Pair> {
  const own = join(folder, String(++folders))
  mkdirSync(own)
  const { certificate, key } = await authority.issue(options)
  const files = {
    certificate: write(join(own, 'server.pem'), `${certificate}${chain}`),
    key: write(join(own, 'server.key'), key),
  }
  return { certificate, key, files }
}

interface Opened {
  readonly own: OwnCertificates
  readonly reports: readonly { readonly message: string; readonly details: object }[]
  readonly clock: { time: number }
}

function open(certificates: readonly string[], keys: readonly string[]): Opened {
  const reports: { message: string; details: object }[] = []
  const clock = { time: Date.now(), now: () => clock.time }
  const report = (message: string, details: object): void => void reports.push({ message, details })
  return { own: new OwnCertificates({ certificates, keys }, { clock, report }), reports, clock }
}

const openPairs = (...pairs: readonly Pair[]): Opened =>
  open(
    pairs.map(({ files }) => files.certificate),
    pairs.map(({ files }) => files.key),
  )

function refused(pairs: readonly Pair[], message: RegExp): void {
  assert.throws(
    () => openPairs(...pairs),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, message)
      return true
    },
  )
}

test('find() takes the certificate that is for exactly a name before one that is for all of its domain', async () => {
  const wide = await pair({ dnsNames: ['*.us-west-2.amazonaws.com'] })
  const exact = await pair({ dnsNames: ['kms.us-west-2.amazonaws.com', 'KMS.example.COM'] })
  const { own } = openPairs(wide, exact)

  const files = ['kms.us-west-2.amazonaws.com', 'sts.us-west-2.amazonaws.com', 'kms.EXAMPLE.com'].map(
    name => own.find(name)?.file,
  )

  assert.deepEqual(files, [exact.files.certificate, wide.files.certificate, exact.files.certificate])
  assert.equal(own.isNamed('kms.example.com'), true)
  assert.equal(own.isNamed('sts.us-west-2.amazonaws.com'), false)
})

test('find() finds nothing for other names, whatever a client sends', async () => {
  const { own } = openPairs(await pair({ dnsNames: ['*.example.com'], addresses: ['10.0.0.1'] }))

  for (const name of [
    'example.com',
    'a.b.example.com',
    '*.example.com.evil',
    '',
    '.',
    '10.0.0.1',
    '\0.example.com\0',
    'x'.repeat(255),
  ])
    assert.equal(own.find(name), undefined, name)
})

test('the key of a certificate is found by trying, whatever the order of the files', async () => {
  const [one, other] = [await pair({ dnsNames: ['one.example'] }), await pair({ dnsNames: ['other.example'] })]

  const { own } = open([one.files.certificate, other.files.certificate], [other.files.key, one.files.key])

  const fits = (name: string, { key }: Pair): boolean => own.find(name)!.fits(createPrivateKey(key))
  assert.ok(fits('one.example', one) && fits('other.example', other))
})

test('one file may hold the certificate, its chain and its key', async () => {
  const { certificate, key } = await authority.issue({ dnsNames: ['one.example'], rsaBits: 2_048 })
  const file = write(join(folder, 'all.pem'), `${key}${certificate}${authority.intermediate}${authority.root}`)

  const { own } = open([file], [file])

  const found = own.find('one.example')!
  assert.equal(found.cert, `${certificate}${authority.intermediate}`)
  assert.deepEqual(own.roots, [authority.root])
})

test('certificates that clients would refuse are refused at start, by their reason', async () => {
  const dnsNames = ['kms.example.com']
  refused([await pair({ dnsNames, endsInDays: -0.5 })], /^The certificate of CN=server in \S+ ended at 2\d{3}-/)
  refused([await pair({ dnsNames, beginsInDays: 1 })], /does not begin before 2\d{3}-/)
  refused([await pair({})], /is for no name or address: it has no subject alternative names$/)
  refused([await pair({ dnsNames, usages: ['1.3.6.1.5.5.7.3.2'] })], /is not for servers: .*no serverAuth$/)
  refused([await pair({ dnsNames }, authority.root)], /are no chain: number 2 did not issue number 1$/)
  refused([await pair({ dnsNames, rsaBits: 1_024 })], /^Cannot serve the certificate in \S+: ee key too small$/)
})

test('files that hold no certificate or no usable key are refused, and no error tells of a key', async () => {
  const good = await pair({ dnsNames: ['kms.example.com'] })
  const other = await pair({ dnsNames: ['kms.example.com'] })
  const broken = write(join(folder, 'broken.key'), other.key.replace(/^[^-]{8}/m, 'AAAAAAAA'))
  const encrypted = write(
    join(folder, 'encrypted.key'),
    String(
      createPrivateKey(other.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ),
  )
  const { certificate, key } = good.files
  const cases: readonly (readonly [certificates: readonly string[], keys: readonly string[], message: RegExp])[] = [
    [[certificate], [other.files.key], /^No certificate-key fits the certificate in \S+$/],
    [[certificate], [key, other.files.key], /^The key in \S+ fits none of the certificates$/],
    [[certificate], [broken], /^Cannot read a key from \S+broken\.key: /],
    [[certificate], [encrypted], /encrypted\.key is encrypted: /],
    [[certificate], [certificate], /^Cannot read a key from /],
    [[key], [key], /^Cannot read a certificate from /],
    [[join(folder, 'none')], [key], /^Cannot read \S+none: /],
    [[folder], [key], /^Cannot read /],
  ]

  for (const [certificates, keys, message] of cases) {
    assert.throws(
      () => open(certificates, keys),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, message)
        const secret = other.key.split('\n')[1]!
        assert.ok(!`${error.stack} ${String(error.cause)}`.includes(secret.slice(10, 40)))
        return true
      },
    )
  }
})

test('a key that others may read is reported, and one for its owner and a group is not', async () => {
  const one = await pair({ dnsNames: ['kms.example.com'] })
  const reportsAt = (mode: number): number => {
    chmodSync(one.files.key, mode)
    return openPairs(one).reports.length
  }

  assert.deepEqual([0o600, 0o640, 0o644, 0o660].map(reportsAt), [0, 0, 1, 1])
})

test('reread() takes other certificates, and keeps those of before while the files do not fit', async () => {
  const one = await pair({ dnsNames: ['kms.example.com'] })
  const next = await authority.issue({ dnsNames: ['kms.example.com'] })
  const { own, reports } = openPairs(one)
  let changes = 0
  own.onChange(() => changes++)
  const served = (): string => own.find('kms.example.com')!.cert.replace(authority.intermediate, '')

  own.reread()
  assert.deepEqual([changes, own.generation, reports.length], [0, 0, 0])
  write(one.files.certificate, next.certificate)
  own.reread()
  own.reread()
  assert.deepEqual([changes, own.generation, served()], [0, 0, one.certificate])
  assert.deepEqual(
    reports.map(({ message }) => message),
    ['Cannot use the new certificates; those of before stay in use'],
  )
  assert.ok(!JSON.stringify(reports).includes('PRIVATE'))
  write(one.files.key, next.key)
  own.reread()

  assert.deepEqual([changes, own.generation, served()], [1, 1, next.certificate])
})

test('the end of a certificate is reported thirty days before, once a day, and is a problem once it is there', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { own, reports, clock } = openPairs(await pair({ dnsNames: ['kms.example.com'], endsInDays: 40 }))
  const after = (days: number): readonly [reports: number, problems: number] => {
    clock.time += days * dayMillis
    t.mock.timers.tick(10_000)
    t.mock.timers.tick(10_000)
    return [reports.length, own.problems().length]
  }

  assert.deepEqual(
    [after(9), after(2), after(0.1), after(1), after(28.5)],
    [
      [0, 0],
      [1, 0],
      [1, 0],
      [2, 0],
      [3, 1],
    ],
  )
  assert.match(own.problems()[0]!, /^The certificate in \S+ ended at .*: put another there$/)
  own[Symbol.dispose]()
})

test('a file that changes is read again without being told to', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const one = await pair({ dnsNames: ['kms.example.com'] })
  const next = await authority.issue({ dnsNames: ['other.example.com'] })
  const { own } = openPairs(one)

  write(one.files.certificate, next.certificate)
  write(one.files.key, next.key)
  t.mock.timers.tick(10_000)

  assert.equal(own.isNamed('other.example.com'), true)
  own[Symbol.dispose]()
})

test('DoorCertificates gives an own certificate where it is for all addresses of a door, and reports names that none is for', async () => {
  const one = await pair({ dnsNames: ['kms.us-west-2.amazonaws.com'], addresses: ['10.0.0.1', 'fd00::1'] })
  const { own } = openPairs(one)
  const reports: object[] = []
  const issued = { key: 'key', cert: 'of the authority', expiresAt: 1, generation: 7 }
  const authorityIssuer = {
    generation: 7,
    permits: (host: string) => host !== '203.0.113.1',
    issue: (names: object) => Promise.resolve({ ...issued, cert: JSON.stringify(names) }),
  }
  const doors = new DoorCertificates(own, authorityIssuer, (_message, details) => reports.push(details))
  const dnsNames = ['kms.us-west-2.amazonaws.com', '*.kms.us-west-2.vpce.amazonaws.com', 'localhost']

  const certOf = async (names: Parameters<typeof doors.issue>[0]): Promise<string> => (await doors.issue(names)).cert

  assert.equal(await certOf({ dnsNames, addresses: ['10.0.0.1', 'fd00::1'] }), own.find(dnsNames[0]!)!.cert)
  assert.equal(
    await certOf({ dnsNames, addresses: ['127.0.0.1', '10.0.0.1'], reachedAt: ['10.0.0.1'] }),
    own.find(dnsNames[0]!)!.cert,
  )
  assert.equal(
    await certOf({ dnsNames, addresses: ['10.0.0.2', '203.0.113.1'] }),
    JSON.stringify({ dnsNames, addresses: ['10.0.0.2'] }),
  )
  await doors.issue({ dnsNames, addresses: ['10.0.0.2', '203.0.113.1'] })
  assert.deepEqual(reports, [
    { names: ['*.kms.us-west-2.vpce.amazonaws.com'] },
    { names: ['*.kms.us-west-2.vpce.amazonaws.com', '10.0.0.2', '203.0.113.1'] },
  ])
  assert.equal((await doors.issue({ dnsNames, addresses: [] })).generation, 7)
})
