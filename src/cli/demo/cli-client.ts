import type { AwsClient, Output } from './aws-client.ts'
import { commandWords } from './command-text.ts'
import type { Finished, Programs } from './programs.ts'

// What the CLI says where nobody takes the connection, or it ends before TLS has begun; a certificate that does not verify is neither.
const refusedConnection =
  /Could not connect to the endpoint URL|Connection was closed before|Connection reset by peer|UNEXPECTED_EOF|EOF occurred in violation/

/** The AWS CLI of this machine. */
export function cliClient(programs: Programs, version: string): AwsClient {
  return {
    name: `the AWS CLI (${version})`,
    async call(call, folder) {
      const words = commandWords(call)
      const done = await programs.run('aws', words, { variables: call.asker.variables, folder: folder.work })
      if (done.status === 0) return { kind: 'answer', output: outputOf(done, call.query !== undefined) }
      const match = /An error occurred \(([^)]+)\)[^:]*: ([^]*)/.exec(done.error)
      if (match !== null) return { kind: 'error', code: match[1]!, message: match[2]!.trim() }
      const message = done.error.trim()
      if (refusedConnection.test(message)) return { kind: 'refused-connection', message }
      throw new Error(`The AWS CLI ended with ${done.status}: ${message}`)
    },
  }
}

function outputOf({ out }: Finished, isText: boolean): Output {
  // The CLI ends the text with a line end of its own.
  if (isText) return { Text: out.replace(/\n$/, '') }
  return out.trim() === '' ? {} : (JSON.parse(out) as Output)
}
