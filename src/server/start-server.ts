import type { HelperChannel } from '../network/index.ts'
import type { SecretBytes } from '../base/index.ts'
import type { RunningServer } from './assemble.ts'
import type { Config } from './config.ts'

/**
 * Starts serving. What a server is made of is loaded only now: who reads its settings, or asks a running one, needs none of it.
 *
 * @throws {ConfigError} with what the operator must do.
 */
export async function startServer(
  config: Config,
  secrets: { readonly passphrase: SecretBytes | undefined },
  given: { readonly networkHelper?: HelperChannel } = {},
): Promise<RunningServer> {
  const { assemble } = await import('./assemble.ts')
  return await assemble(config, secrets, given)
}
