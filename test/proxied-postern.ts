// A Postern behind proxies: two VPCs with the same block, an endpoint in each, and listeners of three kinds.
import { writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EC2Client } from '@aws-sdk/client-ec2'
import { makePrivateNetwork } from './private-network.ts'
import type { PrivateNetwork } from './private-network.ts'
import { freePort } from '../src/cli/demo/free-port.ts'
import { startPostern, trailText } from './start-postern.ts'
import type { Credentials, Postern } from './start-postern.ts'

export interface ProxiedPostern extends AsyncDisposable {
  readonly postern: Postern
  readonly administrator: Credentials
  readonly ec2: EC2Client
  /** 10.0.0.0/16, both. */
  readonly one: PrivateNetwork
  readonly other: PrivateNetwork
  readonly ports: ListenerPorts
}

export interface ListenerPorts {
  /** Headers name the endpoint. */
  readonly open: number
  readonly one: number
  readonly other: number
}

/** The id that AWS's load balancer is to call the first endpoint by. */
export const idAtAws = 'vpce-08d2bf15fac5001c9'
/** May speak for the first endpoint alone; 127.0.0.1 for both, and other addresses for none. */
export const limitedPeer = '127.0.0.2'
export const stranger = '127.0.0.9'

/** Starts it; its settings name endpoints, so it is started twice. */
export async function startProxiedPostern(): Promise<ProxiedPostern> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-proxied-'))
  const file = join(folder, 'postern.toml')
  const ports = { open: await freePort(), one: await freePort(), other: await freePort() }
  writeSettings(file, {
    network: 'proxy',
    'proxy-listen': [`127.0.0.1:${ports.open}`],
    'proxy-peer': ['127.0.0.1'],
  })
  const postern = await startPostern({ words: ['--config', file] })
  const administrator = await postern.administrator()
  const { ec2 } = postern.clients(administrator)
  const one = await makePrivateNetwork(postern, ec2)
  const other = await makePrivateNetwork(postern, ec2)
  await postern.stop()
  writeSettings(file, {
    network: 'proxy',
    'proxy-listen': [
      `127.0.0.1:${ports.open}`,
      `127.0.0.1:${ports.one}=${one.endpointId}`,
      `127.0.0.1:${ports.other}=${other.endpointId}`,
    ],
    'proxy-peer': ['127.0.0.1', `${limitedPeer}=${one.endpointId}`],
    'proxy-endpoint': [`${idAtAws}=${one.endpointId}`],
  })
  await postern.start()
  return {
    postern,
    administrator,
    ec2,
    one,
    other,
    ports,
    async [Symbol.asyncDispose]() {
      await postern[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

function writeSettings(file: string, settings: Readonly<Record<string, string | readonly string[]>>): void {
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
      .join(''),
  )
}

/** The part of a record that says which way a request came. */
export interface RecordedWay {
  readonly requestID: string
  readonly sourceIPAddress: string
  readonly vpcEndpointId?: string
  readonly errorCode?: string
}

/** The record of a request. */
export function recordOf(postern: Postern, requestId: string): RecordedWay {
  const line = trailText(postern)
    .split('\n')
    .find(text => text.includes(requestId))
  if (line === undefined) throw new Error(`No record of ${requestId}`)
  const found = find(JSON.parse(line), requestId)
  if (found === undefined) throw new Error(`No record in ${line}`)
  return found
}

function find(value: unknown, requestId: string): RecordedWay | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('requestID' in value && value.requestID === requestId) return value as RecordedWay
  return Object.values(value)
    .map(inner => find(inner, requestId))
    .find(inner => inner !== undefined)
}
