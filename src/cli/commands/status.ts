import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError } from '../../base/index.ts'
import { askServer, dataDirectoryOf, serverOptions } from '../admin-client.ts'
import { hasFlag, optionOf } from '../command.ts'
import type { Command } from '../command.ts'
import type { ServerStatus } from '../../server/index.ts'

/** `postern status`: what the running server serves, and whether it is well. */
export const statusCommand: Command = {
  name: 'status',
  summary: 'Shows what the running server serves and whether it is well; exits with 0 if it is.',
  usage: '[--wait SECONDS]',
  options: [
    ...serverOptions,
    { name: 'wait', form: 'SECONDS', text: 'Wait up to so long for the server to be ready' },
    { name: 'json', text: 'As JSON' },
  ],
  async run(given, terminal) {
    const status = await waitForStatus(dataDirectoryOf(given, terminal), secondsOf(optionOf(given, 'wait') ?? '0'))
    terminal.out(hasFlag(given, 'json') ? `${JSON.stringify(status, null, 2)}\n` : format(status))
    return status.ready ? 0 : 1
  },
}

function secondsOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new ConfigError(`Cannot wait "${text}" seconds: give a whole number`)
  return Number(text)
}

async function waitForStatus(dataDirectory: string, seconds: number): Promise<ServerStatus> {
  const deadline = Date.now() + seconds * 1_000
  for (;;) {
    try {
      const status = await askServer<ServerStatus>(dataDirectory, '/status')
      if (status.ready || Date.now() >= deadline) return status
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await delay(100)
  }
}

function format(status: ServerStatus): string {
  const lines = [
    `Postern ${status.version}, process ${status.processId}: ${status.ready ? 'ready' : 'not ready'}`,
    `Data directory  ${status.dataDirectory}`,
    `API             ${status.apiUrl}`,
    `Metrics         ${status.metricsUrl}`,
    `Regions         ${status.regions.join(', ')}`,
    `Trail           ${status.trail}`,
    ...status.vpcs.map(vpc => `VPC ${vpc.vpcId}  ${vpc.cidr} is served at ${vpc.window}  resolver ${vpc.resolver}`),
    ...status.endpoints.map(endpoint => `${endpoint.endpointId}  ${endpoint.state}  ${endpoint.urls.join('  ')}`),
  ]
  return `${lines.join('\n')}\n`
}
