import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkServerIdentity, connect, createServer } from 'node:tls'
import type { PeerCertificate } from 'node:tls'
import { promisify } from 'node:util'
import { ConfigError, SecretBytes, seededRandom, systemClock } from '../../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../seal/index.ts'
import { openMemoryStore } from '../../storage/index.ts'
import type { Store } from '../../storage/index.ts'
import { doorNamesOf, endpointServices } from '../model/endpoint-services.ts'
import { knownRegions } from '../model/regions.ts'
import { openCertificateAuthority } from './certificate-authority.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import type { CertificateNames } from './certificate-issuer.ts'

const run = promisify(execFile)
const random = seededRandom(20_261_124)
const root = rootKeyOf(new SecretBytes(random(32)))
const keyRing = openKeyRing(root, createKeyRing(root, random), random)
const folder = mkdtempSync(join(tmpdir(), 'postern-authority-'))
after(() => rmSync(folder, { recursive: true }))

const open = (store: Store, options: { readonly publicHost?: string; readonly regions?: readonly string[] } = {}) =>
  openCertificateAuthority({
    store,
    keyRing,
    clock: systemClock,
    random,
    publicHost: '127.0.0.1',
    regions: ['us-west-2'],
    ...options,
  })

const authority = await open(await openMemoryStore(), { publicHost: 'kms.example.internal' })

/** Serves a certificate for these names while it is asked. */
async function served<T>(names: CertificateNames, ask: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(await authority.issue(names), socket => {
    socket.on('error', () => undefined)
    // The least of HTTP, for curl.
    socket.on('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await ask((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

const authorityFile = join(folder, 'ca.pem')
writeFileSync(authorityFile, authority.certificatePem)

/** Each gives those of the hosts, names or addresses, that it takes the certificate for. */
const verifiers: Readonly<Record<string, (port: number, hosts: readonly string[]) => Promise<readonly string[]>>> = {
  Node: (port, hosts) => takenOneByOne(hosts, host => nodeTakes(port, host)),
  'OpenSSL -x509_strict': (port, hosts) =>
    takenOneByOne(hosts, host => {
      const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', authorityFile]
      const named = isIP(host) === 0 ? ['-servername', host, '-verify_hostname', host] : ['-verify_ip', host]
      return succeeds('openssl', [...words, '-x509_strict', '-verify_return_error', ...named])
    }),
  // All in one process: it takes long to start.
  "Python's VERIFY_X509_STRICT": async (port, hosts) => {
    const script = [
      'import socket, ssl, sys',
      'context = ssl.create_default_context(cafile=sys.argv[1])',
      'context.verify_flags |= ssl.VERIFY_X509_STRICT',
      'for host in sys.argv[3:]:',
      '  try:',
      '    context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname=host)',
      '    print(host)',
      '  except ssl.SSLCertVerificationError:',
      '    pass',
    ]
    const { stdout } = await run('python3', ['-c', script.join('\n'), authorityFile, String(port), ...hosts])
    return stdout.split('\n').slice(0, -1)
  },
  curl: (port, hosts) =>
    takenOneByOne(hosts, host => {
      const url = `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`
      const words = ['--silent', '--show-error', '--noproxy', '*', '--cacert', authorityFile]
      return succeeds('curl', [...words, '--connect-to', `::127.0.0.1:${port}`, url])
    }),
}

async function takenOneByOne(
  hosts: readonly string[],
  takes: (host: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const taken: string[] = []
  for (const host of hosts) if (await takes(host)) taken.push(host)
  return taken
}

function nodeTakes(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const options = {
      host: '127.0.0.1',
      port,
      ca: authority.certificatePem,
      servername: isIP(host) === 0 ? host : '',
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    }
    const socket = connect(options, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function succeeds(program: string, words: readonly string[]): Promise<boolean> {
  const done = run(program, words)
  done.child.stdin?.end()
  return done.then(
    () => true,
    () => false,
  )
}

const permittedNames = [
  'kms.us-west-2.amazonaws.com',
  'kms-fips.us-gov-west-1.amazonaws.com',
  'kms.eu-central-1.api.aws',
  'sts.amazonaws.com',
  'iam.amazonaws.com',
  'vpce-0123456789abcdef0-lj2wisx3.kms.us-west-2.vpce.amazonaws.com',
  'kms.example.internal',
  'localhost',
]
const foreignNames = [
  'amazonaws.com',
  's3.amazonaws.com',
  's3.us-west-2.amazonaws.com',
  'bucket.vpce-0123456789abcdef0-lj2wisx3.s3.us-west-2.vpce.amazonaws.com',
  'us-west-2.amazonaws.com',
  'secretsmanager.us-west-2.amazonaws.com',
  'us-west-2.console.aws.amazon.com',
  'kms.moon-dark-1.amazonaws.com',
  'example.internal',
  'example.com',
]

for (const [verifier, takes] of Object.entries(verifiers)) {
  test(`${verifier} takes a certificate for all that the authority may serve`, async () => {
    const names = {
      dnsNames: permittedNames.map(name => name.replace(/^vpce-[^.]+/, '*')),
      addresses: ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.1'],
    }

    await served(names, async port => assert.deepEqual(await takes(port, permittedNames), permittedNames))
  })

  test(`${verifier} refuses a certificate of the authority for any other name of AWS`, async () => {
    for (const name of foreignNames)
      assert.deepEqual(await served({ dnsNames: [name], addresses: [] }, port => takes(port, [name])), [])
  })
}

test('verifiers take a certificate for all services in all Regions at once', async () => {
  const dnsNames = knownRegions.flatMap(region =>
    ['kms', 'sts', 'ec2', 'iam', 'cloudtrail', 'cloudformation'].map(service => `${service}.${region}.amazonaws.com`),
  )

  await served({ dnsNames, addresses: ['127.0.0.1'] }, async port => {
    const last = dnsNames.slice(-1)
    for (const takes of Object.values(verifiers)) assert.deepEqual(await takes(port, last), last)
  })
})

test('verifiers take the certificate of the door of each endpoint service, by its names and its addresses', async () => {
  for (const service of endpointServices()) {
    const names = { dnsNames: doorNamesOf(service, 'us-east-1'), addresses: ['10.0.1.57', 'fd00:ec2::57'] }
    const hosts = [
      ...names.dnsNames.map(name => name.replace('*', 'vpce-0123456789abcdef0-lj2wisx3')),
      ...names.addresses,
    ]

    await served(names, async port => {
      for (const takes of Object.values(verifiers)) assert.deepEqual(await takes(port, hosts), hosts)
    })
  }
})

test('permits() agrees with the certificate on names and addresses', () => {
  for (const name of permittedNames) assert.equal(authority.permits(name), true, name)
  for (const name of foreignNames) assert.equal(authority.permits(name), false, name)
  assert.equal(authority.permits('10.9.8.7'), true)
  assert.equal(authority.permits('192.0.2.1'), false)
})

test('issue() sends the certificate alone: clients have the authority, which is large', async () => {
  const { cert } = await authority.issue({ dnsNames: ['localhost'], addresses: [] })

  assert.equal(cert.match(/BEGIN CERTIFICATE/g)!.length, 1)
  assert.ok(new X509Certificate(authority.certificatePem).raw.length < 30_000)
})

test('openCertificateAuthority() permits a Region of the first start that it does not know', async () => {
  const made: CertificateAuthority = await open(await openMemoryStore(), { regions: ['us-west-2', 'moon-dark-1'] })

  assert.equal(made.permits('kms.moon-dark-1.amazonaws.com'), true)
})

test('openCertificateAuthority() refuses a Region or a host of a later start that it may not serve, and says what to do', async () => {
  const store = await openMemoryStore()
  await open(store)

  await assert.rejects(open(store, { regions: ['us-west-2', 'moon-dark-1'] }), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.match(
      error.message,
      /may not serve Region "moon-dark-1": .*"postern ca renew --region moon-dark-1" .*leave it out of --region$/,
    )
    return true
  })
  await assert.rejects(
    open(store, { publicHost: 'kms.example.net' }),
    /may not serve "kms.example.net": .*"postern ca renew --api kms.example.net:PORT" .*--api$/,
  )
  await open(store, { regions: ['eu-west-1'], publicHost: '10.0.0.1' })
})
