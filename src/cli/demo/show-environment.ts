import type { DemoServer } from './demo-server.ts'
import type { Story } from './story.ts'

const secret = /^(export AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN)=').*'$/

/** Shows what `postern env` prints, without the secrets; for an endpoint, only where KMS is asked. Gives what was shown. */
export async function showEnvironment(story: Story, server: DemoServer, endpointId?: string): Promise<string> {
  const options = endpointId === undefined ? [] : ['--endpoint', endpointId]
  const { out } = await server.postern('env', ...options)
  const lines = out
    .trim()
    .split('\n')
    .map(line => line.replace(secret, "$1…'"))
  const shown = endpointId === undefined ? lines : lines.filter(line => line.includes('AWS_ENDPOINT_URL_KMS'))
  story.shows(['eval "$(postern env', ...options].join(' ').concat(')"'), shown.join('\n'))
  return shown.join('\n')
}
