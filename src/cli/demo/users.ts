import { answers, callOf } from './act.ts'
import type { Act } from './act.ts'
import { asUser } from './askers.ts'
import type { Asker } from './aws-client.ts'
import { textAt } from './short-text.ts'
import type { Story } from './story.ts'

/** A statement of a policy. */
export type Statement = Readonly<Record<string, unknown>>

/** A policy document of these statements. */
export const policyOf = (...statements: readonly Statement[]): Statement => ({
  Version: '2012-10-17',
  Statement: statements,
})

/** The user of the story. */
export const userName = 'alice'

/** Makes the user by the IAM API; it has no policy yet. */
export async function makeUser(story: Story, admin: Asker): Promise<{ readonly user: Asker; readonly arn: string }> {
  const UserName = userName
  const made = await story.does(answers(callOf(admin, 'iam', 'CreateUser', { UserName }), 'User.Arn'))
  const key = await story.does(answers(callOf(admin, 'iam', 'CreateAccessKey', { UserName }), 'AccessKey.AccessKeyId'))
  const access = { id: textAt(key, 'AccessKey.AccessKeyId'), secret: textAt(key, 'AccessKey.SecretAccessKey') }
  return { user: asUser(admin, userName, access), arn: textAt(made, 'User.Arn') }
}

/** Puts the user's one inline policy, which is printed. */
export function putUserPolicy(story: Story, admin: Asker, file: string, ...statements: readonly Statement[]): Act {
  const PolicyDocument = story.policy(file, policyOf(...statements))
  return answers(callOf(admin, 'iam', 'PutUserPolicy', { UserName: userName, PolicyName: 'inline', PolicyDocument }))
}
