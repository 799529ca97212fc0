import { ConfigError } from '../../base/index.ts'
import type { AwsClient } from './aws-client.ts'
import { cleanVariables } from './clean-variables.ts'
import { cliClient } from './cli-client.ts'
import type { Programs } from './programs.ts'
import { hasSdk, sdkClient } from './sdk-client.ts'

/** The AWS CLI where it is installed, else the SDK where that is. @throws {ConfigError} where neither is. */
export async function chooseClient(programs: Programs): Promise<AwsClient> {
  const found = await programs.run('aws', ['--version'], { variables: cleanVariables() }).catch(() => undefined)
  if (found?.status === 0) return cliClient(programs, (found.out || found.error).split(' ')[0]!.trim())
  if (hasSdk()) return sdkClient(programs)
  throw new ConfigError(
    'The demo needs the AWS CLI, or the AWS SDK for JavaScript beside Postern: install the AWS CLI, e.g. with "apt-get install awscli"',
  )
}
