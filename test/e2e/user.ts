import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { Credentials } from '../start-postern.ts'

/** A statement of a policy. */
export type Statement = Readonly<Record<string, unknown>>

export const policyOf = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

export const allow = (action: string | readonly string[], resource: string | readonly string[] = '*'): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

/** Makes a user with an access key and, if statements are given, an inline policy. */
export async function makeUser(
  iam: IAMClient,
  name: string,
  ...statements: readonly Statement[]
): Promise<{ readonly arn: string; readonly credentials: Credentials }> {
  const user = await iam.send(new CreateUserCommand({ UserName: name }))
  if (statements.length > 0) await putPolicy(iam, name, ...statements)
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return {
    arn: user.User!.Arn!,
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  }
}

/** Puts the user's inline policy. */
export async function putPolicy(iam: IAMClient, name: string, ...statements: readonly Statement[]): Promise<void> {
  const document = policyOf(...statements)
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'inline', PolicyDocument: document }))
}
