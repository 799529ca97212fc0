// Identities by Terraform with the AWS provider, unmodified: apply, a plan without changes, what was made works, a change, destroy.
import assert from 'node:assert/strict'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { startPostern } from '../start-postern.ts'
import { openTerraform } from './terraform.ts'

await using postern = await startPostern()
const { succeeds, isUnchanged, output } = await openTerraform(postern, 'identity.tf')
await succeeds('apply', '-input=false', '-auto-approve')
await isUnchanged()

const made = await output()
const user = postern.clients({
  accessKeyId: made['access_key_id']!,
  secretAccessKey: made['secret_access_key']!,
})
await user.kms.send(new ListKeysCommand({}))
// The group's IAMReadOnlyAccess would allow it: the boundary does not.
await assert.rejects(user.iam.send(new ListUsersCommand({})), /permissions boundary/)
const assume = { RoleArn: made['role_arn']!, RoleSessionName: 'job' }
await assert.rejects(user.sts.send(new AssumeRoleCommand(assume)), /is not authorized to perform: sts:AssumeRole/)
await user.sts.send(new AssumeRoleCommand({ ...assume, ExternalId: 'customer-7', DurationSeconds: 7_200 }))
process.stdout.write('ok  what Terraform made works\n')

await succeeds('apply', '-input=false', '-auto-approve', '-var', 'team=green')
await isUnchanged('-var', 'team=green')
await succeeds('destroy', '-auto-approve')
await assert.rejects(user.kms.send(new ListKeysCommand({})), { name: 'UnrecognizedClientException' })
process.stdout.write('ok  nothing of it is left\n')
