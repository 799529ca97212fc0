// Terraform with the AWS provider, unmodified: apply, a plan without changes, what was made works, a change, destroy.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { ListKeysCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { startPostern } from '../start-postern.ts'
import type { Finished } from '../start-postern.ts'

await using postern = await startPostern()
const folder = join(postern.folder, 'terraform')
mkdirSync(folder)
copyFileSync(join(import.meta.dirname, 'identity.tf'), join(folder, 'identity.tf'))
const environment = await postern.environment()
const variables = {
  ...environment,
  TF_IN_AUTOMATION: '1',
  CHECKPOINT_DISABLE: '1',
  TF_VAR_url: postern.apiUrl,
  TF_VAR_ca_bundle: environment['AWS_CA_BUNDLE'],
}

const terraform = (...words: readonly string[]): Promise<Finished> =>
  postern.run('terraform', [`-chdir=${folder}`, ...words, '-no-color'], variables)

async function succeeds(...words: readonly string[]): Promise<string> {
  const started = performance.now()
  const { status, out, error } = await terraform(...words)
  assert.equal(status, 0, `terraform ${words.join(' ')}\n${out}\n${error}`)
  process.stdout.write(`ok  terraform ${words[0]}, ${((performance.now() - started) / 1_000).toFixed(1)} s\n`)
  return out
}

/** Exit code 2 of a plan is a change. */
async function isUnchanged(...words: readonly string[]): Promise<void> {
  await succeeds('plan', '-input=false', '-detailed-exitcode', ...words)
}

// Where the provider cannot be downloaded: a folder with it.
const plugins = process.env['TF_PLUGIN_DIR']
await succeeds('init', '-input=false', ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`]))
await succeeds('apply', '-input=false', '-auto-approve')
await isUnchanged()

const output = JSON.parse((await terraform('output', '-json')).out) as Record<string, { value: string }>
const user = postern.clients({
  accessKeyId: output['access_key_id']!.value,
  secretAccessKey: output['secret_access_key']!.value,
})
await user.kms.send(new ListKeysCommand({}))
// The group's IAMReadOnlyAccess would allow it: the boundary does not.
await assert.rejects(user.iam.send(new ListUsersCommand({})), /permissions boundary/)
const assume = { RoleArn: output['role_arn']!.value, RoleSessionName: 'job' }
await assert.rejects(user.sts.send(new AssumeRoleCommand(assume)), /is not authorized to perform: sts:AssumeRole/)
await user.sts.send(new AssumeRoleCommand({ ...assume, ExternalId: 'customer-7', DurationSeconds: 7_200 }))
process.stdout.write('ok  what Terraform made works\n')

await succeeds('apply', '-input=false', '-auto-approve', '-var', 'team=green')
await isUnchanged('-var', 'team=green')
await succeeds('destroy', '-auto-approve')
await assert.rejects(user.kms.send(new ListKeysCommand({})), { name: 'UnrecognizedClientException' })
process.stdout.write('ok  nothing of it is left\n')
