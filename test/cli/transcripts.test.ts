// The command line by transcripts. UPDATE_TRANSCRIPTS=1 writes what was played: read the difference before you commit it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2'
import { posternVersion } from '../../src/server/version.ts'
import { makePrivateNetwork } from '../private-network.ts'
import { repository, startPostern } from '../start-postern.ts'
import { playTranscript } from './transcript.ts'
import type { Stage } from './transcript.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'postern-cli-')))
// A program that has a port already.
const occupant = createServer().listen(0, '127.0.0.1')
await once(occupant, 'listening')
const postern = await startPostern()
after(async () => {
  process.chdir(repository)
  occupant.close()
  await postern[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
const { port: takenPort } = occupant.address() as AddressInfo
const { ec2 } = postern.clients(await postern.administrator())
const network = await makePrivateNetwork(postern, ec2)
const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({}))
const freeAddress = ['10.0.1.77', '10.0.1.78'].find(
  address => !NetworkInterfaces!.some(one => one.PrivateIpAddress === address),
)!
const [account] = JSON.parse((await postern.postern('account', 'list', '--json')).out) as readonly {
  readonly id: string
}[]

// A server that never answers.
const silentServer = createServer()
mkdirSync(join(folder, 'silent'))
process.chdir(join(folder, 'silent'))
silentServer.listen('admin.sock')
after(() => silentServer.close())

const stage = (name: string): Stage => {
  const own = join(folder, name)
  mkdirSync(own)
  return {
    folder: own,
    placeholders: [
      [postern.dataDirectory, 'RUNNING'],
      [join(folder, 'silent'), 'SILENT'],
      [own, 'HERE'],
      [`127.0.0.1:${takenPort}`, '127.0.0.1:TAKEN'],
      [postern.apiUrl, 'https://127.0.0.1:API'],
      [`http://127.0.0.1:${postern.metricsPort}`, 'http://127.0.0.1:METRICS'],
      [`process ${postern.processId}`, 'process PID'],
      [account!.id, 'ACCOUNT'],
      ...placesOfNetwork(),
      [/\bp-[a-z2-7]{8}\b/g, 'p-POLICY'],
      [posternVersion(), 'VERSION'],
      [/Postern [0-9a-f]{8}\b/g, 'Postern NAME'],
      [/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'FINGERPRINT'],
      [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'INSTANT'],
    ],
  }
}

function placesOfNetwork(): Stage['placeholders'] {
  return [
    [network.vpcId, 'VPC'],
    [network.groupId, 'GROUP'],
    [network.subnetIds[0], 'SUBNET'],
    [freeAddress, 'FREE'],
    [network.endpointId, 'ENDPOINT'],
    [/127\.1\.[12]\.\d+/g, 'ADDRESS'],
    [`:${postern.endpointPort}`, ':ENDPOINTS'],
    [`:${postern.resolverPort}`, ':RESOLVERS'],
    [/'(?:ASIA\w+|[\w+/=.-]{40,})'/g, "'SECRET'"],
  ]
}

const transcripts = join(import.meta.dirname, 'transcripts')

for (const file of readdirSync(transcripts).sort()) {
  test(`the command line does what transcripts/${file} shows`, async () => {
    const path = join(transcripts, file)
    const expected = readFileSync(path, 'utf8')

    const played = await playTranscript(expected, stage(file))

    if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(path, played)
    else assert.equal(played, expected)
  })
}
