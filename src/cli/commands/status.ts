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
    return status.problems.length === 0 ? 0 : 1
  },
}

/** Even who does not want to wait gives the server so long to answer. */
const shortestPatienceMillis = 2_000

function secondsOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new ConfigError(`Cannot wait "${text}" seconds: give a whole number`)
  return Number(text)
}

async function waitForStatus(dataDirectory: string, seconds: number): Promise<ServerStatus> {
  const deadline = performance.now() + seconds * 1_000
  for (;;) {
    const left = deadline - performance.now()
    try {
      const patience = Math.max(shortestPatienceMillis, left)
      const status = await askServer<ServerStatus>(dataDirectory, '/status', {}, patience)
      if (status.problems.length === 0 || left <= 0) return status
    } catch (error) {
      if (performance.now() >= deadline) throw error
    }
    await delay(100)
  }
}

function format(status: ServerStatus): string {
  const lines = [
    `Postern ${status.version}, process ${status.processId}: ${status.problems.length === 0 ? 'ready' : 'not well'}`,
    ...status.problems.map(problem => `PROBLEM         ${problem}`),
    `Data directory  ${status.dataDirectory}`,
    `API             ${status.apiUrl}`,
    `Metrics         ${status.metricsUrl}`,
    `Regions         ${status.regions.join(', ')}`,
    `Trail           ${status.trail}`,
    ...status.vpcs.map(vpc => `VPC ${vpc.vpcId}  ${vpc.cidr} is served at ${vpc.window}  resolver ${vpc.resolver}`),
    ...status.endpoints.flatMap(({ endpointId, state, urls, problems }) => [
      `${endpointId}  ${state}  ${urls.join('  ')}`.trimEnd(),
      // Those of the whole server stand above already.
      ...problems.filter(problem => !status.problems.includes(problem)).map(problem => `  ${problem}`),
    ]),
  ]
  return `${lines.join('\n')}\n`
}
