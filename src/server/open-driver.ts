import { ProxyDriver, loopbackDriver, openNetnsDriver } from '../network/index.ts'
import type { HelperChannel, NetworkDriver } from '../network/index.ts'
import type { Config } from './config.ts'
import type { ConnectionCounter } from './connection-limits.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { sample } from './sample.ts'

/** Who hears what drivers do, and limits it; and what they are given. */
export interface DriverSources {
  readonly connections: ConnectionCounter
  readonly metrics: Metrics
  readonly log: Log
  readonly report: (message: string, details: object) => void
  /** The way to the privileged process that has started this one, where there is one. */
  readonly networkHelper?: HelperChannel
}

/**
 * The driver that the configuration chooses: what opens the doors of endpoints. The working directory must be the data directory.
 *
 * @throws {ConfigError}
 */
export async function openDriver(config: Config, sources: DriverSources): Promise<NetworkDriver> {
  switch (config.network) {
    case 'loopback':
      return loopbackDriver
    case 'netns':
      return openNetnsDriver({
        dataDirectory: config.dataDirectory,
        ports: { endpoint: config.endpointPort, resolver: config.resolverPort },
        hasForeign: config.netns.namespaces.size > 0,
        helper: sources.networkHelper,
        report: sources.report,
      })
    case 'proxy':
      return openProxyDriver(config, sources)
  }
}

function openProxyDriver({ proxy }: Config, { connections, metrics, log, report }: DriverSources): ProxyDriver {
  const isSampled = sample()
  return new ProxyDriver({
    settings: proxy!,
    folder: '.',
    // All clients of a proxy come from its address: they are counted at the doors, each by its own.
    guard: server => connections.guard(server, () => undefined),
    refused(reason, peer) {
      metrics.countRefusedProxy(reason)
      if (isSampled()) log.info({ peer, reason }, 'proxied connection refused')
    },
    report,
  })
}
