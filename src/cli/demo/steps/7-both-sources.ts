import { answers, callOf, refused } from '../act.ts'
import type { Asker } from '../aws-client.ts'
import type { FileValue } from '../demo-folder.ts'
import { putEndpointPolicy, resetEndpointPolicy } from '../endpoint-policy.ts'
import type { People, Scene } from '../scene.ts'
import { textAt } from '../short-text.ts'
import type { Story } from '../story.ts'
import { policyOf, userName } from '../users.ts'
import type { Statement } from '../users.ts'
import { savedBytes } from './4-cryptography.ts'

const denied = 'AccessDeniedException'

/** Step 7: key policy and endpoint policy must both allow. */
export async function bothSourcesStep(story: Story, scene: Scene, { user, userArn }: People): Promise<void> {
  story.step(7, 'Both sources are needed: the key policy and the endpoint policy')
  const { account, admin, network, key } = scene
  const input = { UserName: userName, PolicyName: 'inline' }
  await story.does(answers(callOf(admin, 'iam', 'DeleteUserPolicy', input)))
  story.say("Alice has no policy of her own now: what she may do, a key's policy must say.")
  const administration = administrationOf(account)
  const named: Statement = { Effect: 'Allow', Principal: { AWS: userArn }, Action: 'kms:Decrypt', Resource: '*' }
  const Policy = story.policy('alice-decrypts.json', policyOf(administration, named))
  const blob = await makeKey(story, admin, Policy, key.plain)
  const onlyEncrypt = story.policy('only-encrypt.json', {
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:Encrypt', Resource: '*' }],
  })
  await putEndpointPolicy(story, admin, network.endpointId, onlyEncrypt)
  const decrypt = callOf(user, 'kms', 'Decrypt', { CiphertextBlob: blob })
  await story.does(refused(decrypt, denied, 'because no VPC endpoint policy allows the kms:Decrypt action'))
  story.say('The key policy allows it, the endpoint policy does not. What neither the endpoint policy nor IAM allows:')
  const random = callOf(user, 'kms', 'GenerateRandom', { NumberOfBytes: 8 })
  await story.does(refused(random, denied, 'because no VPC endpoint policy allows the kms:GenerateRandom action'))
  story.say('(Step 8 tells the two apart.) With the default endpoint policy both allow Decrypt:')
  await resetEndpointPolicy(story, admin, network.endpointId)
  await story.does(answers(decrypt, 'Plaintext'))
  story.say('The other way round: a key whose policy names the administrator only.')
  const alone = story.policy(
    'administrator-only.json',
    policyOf({ ...administration, Principal: { AWS: `arn:aws:iam::${account}:role/Administrator` } }),
  )
  const closed = await makeKey(story, admin, alone, key.plain)
  await story.does(
    refused(
      callOf(user, 'kms', 'Decrypt', { CiphertextBlob: closed }),
      denied,
      'because no resource-based policy allows the kms:Decrypt action',
    ),
  )
}

const administrationOf = (account: string): Statement => ({
  Effect: 'Allow',
  Principal: { AWS: account },
  Action: 'kms:*',
  Resource: '*',
})

/** A key with this policy, and something encrypted under it. */
async function makeKey(story: Story, admin: Asker, Policy: FileValue, Plaintext: FileValue): Promise<FileValue> {
  const made = await story.does(answers(callOf(admin, 'kms', 'CreateKey', { Policy }), 'KeyMetadata.KeyId'))
  const KeyId = textAt(made, 'KeyMetadata.KeyId')
  const sealed = await story.does(answers(callOf(admin, 'kms', 'Encrypt', { KeyId, Plaintext }), 'CiphertextBlob'))
  return savedBytes(story, sealed, 'CiphertextBlob', Policy.name.replace('.json', '.blob'))
}
