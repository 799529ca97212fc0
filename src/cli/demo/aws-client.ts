import type { DemoFolder } from './demo-folder.ts'
import type { Variables } from './programs.ts'

/** Names of the services that the demo calls. */
export type DemoService = 'kms' | 'ec2' | 'iam' | 'sts' | 'cloudtrail'

/** Members of a request, as the API names them; bytes and long texts stand in files of the demo's folder. */
export type Input = Readonly<Record<string, unknown>>

/** An answer, as JSON: bytes in base64. */
export type Output = Readonly<Record<string, unknown>>

/** Who asks, and through which door. */
export interface Asker {
  readonly name: string
  readonly door: string
  readonly variables: Variables
}

/** One call of the API. */
export interface Call {
  readonly asker: Asker
  readonly service: DemoService
  readonly operation: string
  readonly input: Input
  /** Options of the AWS CLI that say where the call goes. */
  readonly endpointUrl?: string
  /** With the AWS CLI the answer is the text of this query; with the SDK it is picked out of the output. */
  readonly query?: { readonly text: string; readonly pick: (output: Output) => string }
}

/** An answer of the API, its error, or a connection that was refused. */
export type CallResult =
  | { readonly kind: 'answer'; readonly output: Output }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'refused-connection'; readonly message: string }

/** A standard AWS client, as the demo uses it. */
export interface AwsClient {
  /** With its version. */
  readonly name: string
  /** @throws {Error} where the client itself fails: no answer of the API, and no refused connection. */
  call(call: Call, folder: DemoFolder): Promise<CallResult>
}
