// Workloads attached to VPCs that are network namespaces, and clients that run in them.
import { randomBytes } from 'node:crypto'
import { networkCommands } from './run-network-command.ts'
import type { NetworkCommands } from './run-network-command.ts'
import { run } from './start-postern.ts'
import type { Finished, Postern } from './start-postern.ts'

export interface Attached {
  readonly workload: {
    readonly address: string
    readonly ipv6Address?: string
    readonly subnetId: string
    readonly interfaceId: string
  }
  /** The words before a command that runs there. */
  readonly command: readonly string[]
}

export interface AttachedClients extends NetworkCommands {
  /** The name that a namespace of this test really has: names of namespaces are the machine's. */
  readonly named: (name: string) => string
  readonly attach: (name: string, vpcId: string, ...words: readonly string[]) => Promise<Attached>
  /** Runs a program inside, with credentials, Region and trust, and nothing else. */
  readonly inside: (attached: Attached, ...words: readonly string[]) => Promise<Finished>
  /** Detaches all that are attached still: what was made for them on this machine goes. */
  readonly detachAll: () => Promise<void>
}

export async function attachedClients(postern: Postern): Promise<AttachedClients> {
  const commands = networkCommands(postern)
  const suffix = randomBytes(3).toString('hex')
  const named = (name: string): string => `${name}-${suffix}`
  // What `postern env` gives, without where calls are sent.
  const credentials = Object.fromEntries(
    Object.entries(await postern.environment()).filter(([name]) => !/ENDPOINT|POSTERN/.test(name)),
  )
  const attached = new Map<string, string>()
  return {
    ...commands,
    named,
    async attach(name, vpcId, ...words) {
      const asked = ['--vpc', vpcId, '--netns', named(name), '--json', ...words]
      const made = JSON.parse(await commands.done('attach', ...asked)) as Attached
      attached.set(named(name), vpcId)
      return made
    },
    inside({ command: [program, ...prefix] }, ...words) {
      const { PATH, HOME } = process.env
      const variables = { PATH, HOME, ...credentials, AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' }
      return run(program!, [...prefix, ...words], variables)
    },
    async detachAll() {
      // Some tests have detached theirs themselves.
      for (const [name, vpcId] of attached) await commands.run('detach', '--vpc', vpcId, '--netns', name)
    },
  }
}
