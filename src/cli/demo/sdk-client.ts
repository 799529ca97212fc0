import { FileValue } from './demo-folder.ts'
import type { AwsClient, CallResult } from './aws-client.ts'
import type { Programs } from './programs.ts'
import type { SdkQuestion } from './sdk-program.ts'
import { fileURLToPath } from 'node:url'

const isSource = import.meta.url.endsWith('.ts')
const program = fileURLToPath(new URL(isSource ? './sdk-program.ts' : './sdk-program.js', import.meta.url))

/** Whether the SDK is installed where this program finds it. */
export function hasSdk(): boolean {
  try {
    return import.meta.resolve('@aws-sdk/client-kms') !== ''
  } catch {
    return false
  }
}

/** The AWS SDK for JavaScript: a process of its own for each call, as with the CLI, because Node reads its trust at the start. */
export function sdkClient(programs: Programs): AwsClient {
  return {
    name: 'the AWS SDK for JavaScript (no AWS CLI is installed here; each call is shown as its command)',
    async call({ asker, service, operation, input, endpointUrl, query }, folder) {
      const question: SdkQuestion = { service, operation, input, ...(endpointUrl === undefined ? {} : { endpointUrl }) }
      const done = await programs.run(process.execPath, [program], {
        variables: asker.variables,
        folder: folder.work,
        input: JSON.stringify(question, (_name, value: unknown) => (value instanceof FileValue ? sent(value) : value)),
      })
      if (done.out === '') throw new Error(`The AWS SDK ended with ${done.status}: ${done.error.trim()}`)
      const result = JSON.parse(done.out) as CallResult
      if (result.kind !== 'answer' || query === undefined) return result
      return { kind: 'answer', output: { Text: query.pick(result.output) } }
    },
  }
}

function sent({ content }: FileValue): unknown {
  return typeof content === 'string' ? content : { $bytes: content.toString('base64') }
}
