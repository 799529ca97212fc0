import * as sdk from '@aws-sdk/client-kms'
import type { KMSClient } from '@aws-sdk/client-kms'

type Sdk = typeof sdk

const commands: Sdk = { ...sdk }
type NameOf<Export> = Export extends `${infer Name}Command` ? Exclude<Name, '$'> : never

/** An operation of KMS, as the AWS SDK knows them. */
export type OperationName = NameOf<keyof Sdk>

type CommandOf<Name extends OperationName> = InstanceType<Sdk[`${Name}Command`]>
type HandlerOf<Name extends OperationName> = ReturnType<CommandOf<Name>['resolveMiddleware']>

export type InputOf<Name extends OperationName> = CommandOf<Name>['input']
/** What is answered; instants and what else is no blob may be in the client's own form. */
export type OutputOf<Name extends OperationName> = Omit<Awaited<ReturnType<HandlerOf<Name>>>['output'], '$metadata'>

/** Calls one operation with some client: where no Region is named, in the server's first. */
export type Call = <Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  region?: string,
) => Promise<OutputOf<Name>>

/** All operations that the AWS SDK for JavaScript has. */
export const operationNames: readonly OperationName[] = Object.keys(sdk)
  .filter(name => /^\w+Command$/.test(name))
  .map(name => name.replace(/Command$/, '') as OperationName)

/** Calls by the AWS SDK: with the client of the Region. */
export function sdkCall(clientOf: (region: string | undefined) => KMSClient): Call {
  return (name, input, region) => {
    const Command = commands[`${name}Command`] as unknown as new (input: object) => sdk.DescribeKeyCommand
    return clientOf(region).send(new Command(input)) as Promise<never>
  }
}
