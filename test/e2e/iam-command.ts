import * as iam from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'

type Command = new (input: object) => iam.GetUserCommand

/** Sends an operation of IAM that is only known by its name. */
export function sendIam(client: IAMClient, operation: string, input: object): Promise<object> {
  const SomeCommand = (iam as unknown as Readonly<Record<string, Command>>)[`${operation}Command`]!
  return client.send(new SomeCommand(input))
}
