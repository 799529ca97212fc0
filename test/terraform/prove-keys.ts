// Keys, their policies, aliases and grants by Terraform with the AWS provider, unmodified: apply, a plan without changes, what was made works, a change in place, destroy.
import assert from 'node:assert/strict'
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms'
import { startPostern } from '../start-postern.ts'
import { openTerraform } from './terraform.ts'

await using postern = await startPostern()
const { succeeds, isUnchanged, output } = await openTerraform(postern, 'keys.tf')
await succeeds('apply', '-input=false', '-auto-approve')
await isUnchanged()

const made = await output()
const { kms: admin } = postern.clients(await postern.administrator())
const user = postern.clients({
  accessKeyId: made['access_key_id']!,
  secretAccessKey: made['secret_access_key']!,
}).kms
const KeyId = made['key_id']!
const dataKey = (team: string): GenerateDataKeyCommand =>
  new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: { team } })
const rotation = async (): Promise<unknown> => {
  const { KeyRotationEnabled, RotationPeriodInDays } = await admin.send(new GetKeyRotationStatusCommand({ KeyId }))
  return { KeyRotationEnabled, RotationPeriodInDays }
}
const tags = async (): Promise<unknown> => (await admin.send(new ListResourceTagsCommand({ KeyId }))).Tags
const grants = async (): Promise<readonly unknown[]> =>
  ((await admin.send(new ListGrantsCommand({ KeyId }))).Grants ?? []).map(({ Name, Operations, Constraints }) => ({
    Name,
    Operations: [...(Operations ?? [])].sort(),
    Constraints,
  }))

assert.equal(made['key_of_alias'], KeyId)
assert.deepEqual(await rotation(), { KeyRotationEnabled: true, RotationPeriodInDays: 365 })
assert.deepEqual(await tags(), [{ TagKey: 'team', TagValue: 'blue' }])
const asMade = [
  {
    Name: 'app',
    Operations: ['Decrypt', 'GenerateDataKey'],
    Constraints: { EncryptionContextEquals: { team: 'blue' } },
  },
]
assert.deepEqual(await grants(), asMade)
const CiphertextBlob = Buffer.from(made['ciphertext']!, 'base64')
const context = { EncryptionContext: { team: 'blue' } }
const opened = await user.send(new DecryptCommand({ CiphertextBlob, ...context, GrantTokens: [made['grant_token']!] }))
assert.equal(Buffer.from(opened.Plaintext!).toString(), 'of the database')
await user.send(dataKey('blue'))
const refused = { name: 'AccessDeniedException' }
await assert.rejects(user.send(dataKey('green')), refused)
await assert.rejects(user.send(new EncryptCommand({ KeyId, Plaintext: CiphertextBlob, ...context })), refused)
process.stdout.write('ok  what Terraform made works, and gives no more than it says\n')

const changes = ['-var', 'team=green', '-var', 'rotation_days=180', '-var', 'operations=["GenerateDataKey"]']
await succeeds('apply', '-input=false', '-auto-approve', ...changes)
await isUnchanged(...changes)
const changed = await output()
assert.equal(changed['key_id'], KeyId, 'the key is changed in place')
assert.equal(changed['key_of_alias'], made['archive_id'])
assert.deepEqual(await rotation(), { KeyRotationEnabled: true, RotationPeriodInDays: 180 })
assert.deepEqual(await tags(), [{ TagKey: 'team', TagValue: 'green' }])
const asChanged = [
  { Name: 'app', Operations: ['GenerateDataKey'], Constraints: { EncryptionContextEquals: { team: 'green' } } },
]
assert.deepEqual(await grants(), asChanged)
await user.send(dataKey('green'))
await assert.rejects(user.send(new DecryptCommand({ CiphertextBlob, ...context })), refused)
const archive = await admin.send(new DescribeKeyCommand({ KeyId: made['archive_id']! }))
assert.equal(archive.KeyMetadata?.KeyState, 'Disabled')
process.stdout.write('ok  what Terraform changed has changed\n')

await succeeds('destroy', '-auto-approve', ...changes)
assert.deepEqual((await admin.send(new ListAliasesCommand({}))).Aliases, [])
assert.deepEqual(await grants(), [])
for (const id of [KeyId, made['archive_id']!]) {
  const { KeyMetadata } = await admin.send(new DescribeKeyCommand({ KeyId: id }))
  assert.equal(KeyMetadata?.KeyState, 'PendingDeletion')
}
await assert.rejects(user.send(dataKey('green')), { name: 'UnrecognizedClientException' })
process.stdout.write('ok  nothing of it is left but keys that wait for their deletion\n')
