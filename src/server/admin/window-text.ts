import { installationOf, namespaceName } from '../../network/index.ts'
import type { VpcValue } from '../../network/index.ts'
import type { Config } from '../config.ts'

/** Where a VPC is on this machine, for people. */
export function windowText({ network, netns, dataDirectory }: Config, { vpcId, window }: VpcValue): string {
  switch (network) {
    case 'loopback':
      return `127.${window}.0.0/16`
    case 'netns':
      return `namespace ${netns.namespaces.get(vpcId) ?? namespaceName(installationOf(dataDirectory), window)}`
    case 'proxy':
      return 'the proxies'
  }
}
