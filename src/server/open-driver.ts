import { loopbackDriver } from '../network/index.ts'
import type { NetworkDriver } from '../network/index.ts'
import type { Config } from './config.ts'

/** The driver that the configuration chooses: what opens the doors of endpoints. */
export function openDriver({ network }: Config): NetworkDriver {
  switch (network) {
    case 'loopback':
      return loopbackDriver
  }
}
