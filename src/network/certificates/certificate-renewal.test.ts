import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { test } from 'node:test'
import { SecretBytes, dayMillis, seededRandom } from '../../base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../seal/index.ts'
import { openMemoryStore } from '../../storage/index.ts'
import type { CertificateNames } from './certificate-issuer.ts'
import { openCertificateAuthority } from './certificate-authority.ts'
import { CertificateRenewal } from './certificate-renewal.ts'

const random = seededRandom(20_261_124)
const root = rootKeyOf(new SecretBytes(random(32)))

/** A served certificate, with a clock that can be set forward. */
async function serve() {
  const clock = { time: Date.now(), now: () => clock.time }
  const keyRing = openKeyRing(root, createKeyRing(root, random), random)
  const store = await openMemoryStore()
  const authority = await openCertificateAuthority({
    store,
    keyRing,
    clock,
    random,
    publicHost: '127.0.0.1',
    regions: [],
  })
  const names = { dnsNames: ['localhost'], addresses: ['127.0.0.1'] }
  const certificate = await authority.issue(names)
  const server = createServer(certificate, (_request, response) => response.end('served'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reports: string[] = []
  const renewal = new CertificateRenewal({
    authority,
    clock,
    apply: (each, next) => each.setSecureContext(next),
    report: message => reports.push(message),
  })
  renewal.follow(server, names, certificate)
  const { port } = server.address() as AddressInfo
  return { clock, authority, server, renewal, port, reports }
}

const serialOf = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.once('error', reject)
  })

test('renewDue() renews a certificate thirty days before its end, and open connections go on', async () => {
  const { clock, authority, server, renewal, port } = await serve()
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificatePem })
  const ask = async (): Promise<boolean> => {
    const request = get({ host: '127.0.0.1', port, agent, servername: 'localhost' })
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { resume(): void }]
    response.resume()
    await once(response, 'end')
    return request.reusedSocket
  }
  await ask()
  const first = await serialOf(port)

  clock.time += 59 * dayMillis
  await renewal.renewDue()
  const early = await serialOf(port)
  clock.time += 2 * dayMillis
  await renewal.renewDue()
  const renewed = await serialOf(port)

  assert.equal(early, first)
  assert.notEqual(renewed, first)
  assert.equal(await ask(), true)
  agent.destroy()
  server.close()
  renewal[Symbol.dispose]()
})

test('renewDue() reports what it cannot renew, and forgets a server that was closed', async () => {
  const { clock, server, reports, authority, renewal } = await serve()
  renewal[Symbol.dispose]()
  const failing = new CertificateRenewal({
    authority: { generation: 0, permits: () => true, issue: () => Promise.reject(new Error('no')) },
    clock,
    apply: () => assert.fail('There is nothing to apply'),
    report: message => reports.push(message),
  })
  failing.follow(
    server,
    { dnsNames: ['localhost'], addresses: [] },
    await authority.issue({ dnsNames: ['localhost'], addresses: [] }),
  )
  clock.time += 80 * dayMillis

  await failing.renewDue()
  server.close()
  await once(server, 'close')
  await failing.renewDue()

  assert.equal(reports.length, 1)
  failing[Symbol.dispose]()
})

test('follow() and renewDue() replace certificates that their issuer says are out of date, without what it may no longer certify', async () => {
  const { clock, authority, server, renewal } = await serve()
  renewal[Symbol.dispose]()
  const asked: CertificateNames[] = []
  const applied: number[] = []
  const issuer = {
    generation: 0,
    permits: (host: string) => host !== '203.0.113.1' && host !== 'example.net',
    async issue(names: CertificateNames) {
      asked.push(names)
      return { ...(await authority.issue(names)), generation: issuer.generation }
    },
  }
  const changing = new CertificateRenewal({
    authority: issuer,
    clock,
    apply: (_server, { generation }) => applied.push(generation),
    report: message => assert.fail(message),
  })
  const names = { dnsNames: ['localhost', '*.example.net'], addresses: ['127.0.0.1', '203.0.113.1'] }
  const permitted = { dnsNames: ['localhost'], addresses: ['127.0.0.1'] }
  const first = await issuer.issue(permitted)
  issuer.generation = 1

  changing.follow(server, names, first)
  while (applied.length === 0) await new Promise(setImmediate)
  await changing.renewDue()
  issuer.generation = 2
  await changing.renewDue()
  await changing.renewDue()

  assert.deepEqual(applied, [1, 2])
  assert.deepEqual(asked, [permitted, permitted, permitted])
  changing[Symbol.dispose]()
  server.close()
})
