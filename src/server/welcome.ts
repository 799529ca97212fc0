import type { AccountValue } from '../accounts/index.ts'
import type { Config } from './config.ts'

/** What `postern serve` prints once it serves: where, how to trust it, how to use it. */
export function welcomeText(facts: {
  readonly config: Config
  readonly apiUrl: string
  readonly metricsUrl: string
  readonly account: AccountValue
  readonly created: boolean
}): string {
  const { config, apiUrl, metricsUrl, account, created } = facts
  const { rootKey } = config
  const keyPlace = rootKey.kind === 'file' ? rootKey.path : 'a passphrase'
  return [
    '',
    `Postern serves ${config.regions.join(', ')} at ${apiUrl}`,
    `  account         ${account.id}`,
    `  data            ${config.dataDirectory}`,
    `  root key        ${keyPlace}${created ? '  (new: keep a copy elsewhere; without it, nothing here opens)' : ''}`,
    `  trust it with   ${config.dataDirectory}/ca.pem`,
    `  metrics         ${metricsUrl}/metrics`,
    '',
    'In another shell:',
    `  eval "$(postern env --data-dir '${config.dataDirectory}')"`,
    '  aws kms create-key',
    '',
    'The loopback network is for one machine: it is no boundary between the processes on it.',
    '',
  ].join('\n')
}
