import type { AccountValue } from '../accounts/index.ts'
import { shellQuote } from '../base/index.ts'
import type { Config, RootKeySource } from './config.ts'
import { programWord } from './program.ts'

/** What `postern serve` prints once it serves: where, how to trust it, how to use it. */
export function welcomeText(facts: {
  readonly config: Config
  readonly apiUrl: string
  readonly metricsUrl: string
  readonly account: AccountValue
  /** Whether the root key is so new that nobody has seen this text about it. */
  readonly isNewRootKey: boolean
}): string {
  const { config, apiUrl, metricsUrl, account, isNewRootKey } = facts
  return [
    '',
    `Postern serves ${config.regions.join(', ')} at ${apiUrl}`,
    `  account         ${account.id}`,
    `  data            ${config.dataDirectory}`,
    `  root key        ${rootKeyText(config.rootKey, isNewRootKey)}`,
    `  trust it with   ${config.dataDirectory}/ca.pem`,
    `  metrics         ${metricsUrl}/metrics`,
    '',
    'In another shell:',
    `  eval "$(${programWord()} env --data-dir ${shellQuote(config.dataDirectory)})"`,
    '  aws kms create-key',
    '',
    ...networkText(config),
  ].join('\n')
}

function networkText({ network }: Config): readonly string[] {
  if (network !== 'loopback') return []
  return ['The loopback network is for one machine: it is no boundary between the processes on it.', '']
}

function rootKeyText(source: RootKeySource, isNew: boolean): string {
  if (source.kind === 'file')
    return `${source.path}${isNew ? '  (new: keep a copy elsewhere; without it, nothing here opens)' : ''}`
  return `from a passphrase${isNew ? '  (new: keep the passphrase safe; without it, nothing here opens)' : ''}`
}
