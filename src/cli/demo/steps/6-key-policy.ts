import { answers, callOf, refused } from '../act.ts'
import type { Act } from '../act.ts'
import { through } from '../askers.ts'
import type { Asker, Call } from '../aws-client.ts'
import { makeQuietNetwork } from '../network.ts'
import type { StoryNetwork } from '../network.ts'
import type { Scene } from '../scene.ts'
import { textAt } from '../short-text.ts'
import type { Story } from '../story.ts'
import { policyOf } from '../users.ts'

const cryptography = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']
const malformed = 'MalformedPolicyDocumentException'
const denied = 'AccessDeniedException'

/** Another VPC of the story with its endpoint, and the administrator behind it. */
export interface OtherNetwork {
  readonly network: StoryNetwork
  readonly elsewhere: Asker
  /** The policy that the key has since. */
  readonly keyPolicy: string
}

/** Step 6, its key policies: they ask through which door a call came. */
export async function keyPolicyStep(story: Story, scene: Scene): Promise<OtherNetwork> {
  story.step(6, 'Key policies: aws:sourceVpce, aws:sourceVpc; the same condition keys in IAM policies')
  const title = 'A second VPC of the same block with an endpoint, made by the same commands'
  const network = await makeQuietNetwork(story, scene.server, scene.admin, title)
  const elsewhere = through(scene.admin, network)
  const keyPolicy = await showOnlyHere(story, scene, elsewhere)
  await showTwoVpcs(story, scene, { network, elsewhere })
  return { network, elsewhere, keyPolicy }
}

async function showOnlyHere(story: Story, scene: Scene, elsewhere: Asker): Promise<string> {
  const { account, admin, inside, network, key } = scene
  const policy = story.policy(
    'only-here.json',
    policyOf(
      { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
      {
        Sid: 'OnlyThroughTheEndpoint',
        Effect: 'Deny',
        Principal: '*',
        Action: cryptography,
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:sourceVpce': network.endpointId } },
      },
    ),
  )
  story.say('trailing-comma.json is the same text with a comma before its last brace:')
  const trailing = story.folder.file('trailing-comma.json', `${String(policy.content).slice(0, -2)},\n}`)
  const put = { KeyId: key.id, PolicyName: 'default' }
  await story.does(refused(callOf(admin, 'kms', 'PutKeyPolicy', { ...put, Policy: trailing }), malformed))
  await story.does(answers(callOf(admin, 'kms', 'PutKeyPolicy', { ...put, Policy: policy })))
  await story.together(
    fourCalls(inside, scene).map(call => answers(call, call.operation === 'Decrypt' ? 'Plaintext' : 'CiphertextBlob')),
  )
  const text = 'with an explicit deny in a resource-based policy'
  const refusals = [admin, elsewhere].flatMap(asker => fourCalls(asker, scene))
  await story.together(refusals.map(call => refused(call, denied, text)))
  story.say('The same administrator and the same key: it may be used through the endpoint of the policy only.')
  return String(policy.content)
}

/** One call for each of the denied actions. */
function fourCalls(asker: Asker, { key }: Scene): readonly Call[] {
  const CiphertextBlob = key.blob
  return [
    callOf(asker, 'kms', 'Encrypt', { KeyId: key.id, Plaintext: key.plain }),
    callOf(asker, 'kms', 'Decrypt', { CiphertextBlob }),
    callOf(asker, 'kms', 'ReEncrypt', { CiphertextBlob, DestinationKeyId: key.id }),
    callOf(asker, 'kms', 'GenerateDataKey', { KeyId: key.id, KeySpec: 'AES_256' }),
  ]
}

async function showTwoVpcs(
  story: Story,
  scene: Scene,
  { network: other, elsewhere }: Omit<OtherNetwork, 'keyPolicy'>,
): Promise<void> {
  const { account, admin, inside, network } = scene
  story.say(`A key that is administered from ${other.vpcId}, used from ${network.vpcId}, and read from everywhere:`)
  const principal = { Effect: 'Allow', Principal: { AWS: account } }
  const Policy = story.policy(
    'two-vpcs.json',
    policyOf(
      {
        ...principal,
        Action: ['kms:Create*', 'kms:Enable*', 'kms:Put*', 'kms:Update*', 'kms:Disable*', 'kms:Delete*'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:sourceVpc': other.vpcId } },
      },
      {
        ...principal,
        Action: cryptography,
        Resource: '*',
        Condition: { StringEquals: { 'aws:sourceVpc': network.vpcId } },
      },
      { ...principal, Action: ['kms:Describe*', 'kms:List*', 'kms:Get*'], Resource: '*' },
    ),
  )
  const made = await story.does(answers(callOf(elsewhere, 'kms', 'CreateKey'), 'KeyMetadata.KeyId'))
  const KeyId = textAt(made, 'KeyMetadata.KeyId')
  const put = (asker: Asker, more: object = {}): Call =>
    callOf(asker, 'kms', 'PutKeyPolicy', { KeyId, PolicyName: 'default', Policy, ...more })
  const lockout = 'The new key policy will not allow you to update the key policy in the future.'
  await story.together([admin, inside].map(asker => refused(put(asker), malformed, lockout)))
  story.say(
    'Who may not administer the key under the new policy may not put it: unless the check is bypassed on purpose.',
  )
  await story.does(answers(put(admin, { BypassPolicyLockoutSafetyCheck: true })))
  await story.does(answers(put(elsewhere)))
  story.say('Through the administration VPC the check has nothing against it. Now the two sides:')
  await story.together(twoSides(scene, elsewhere, KeyId))
  story.say(
    'Administration is refused from the cryptography VPC, cryptography from the administration VPC; all may read.',
  )
}

function twoSides({ admin, inside, key }: Scene, elsewhere: Asker, KeyId: string): readonly Act[] {
  const describe = (asker: Asker): Call =>
    callOf(asker, 'kms', 'UpdateKeyDescription', { KeyId, Description: 'two VPCs' })
  const encrypt = (asker: Asker): Call => callOf(asker, 'kms', 'Encrypt', { KeyId, Plaintext: key.plain })
  return [
    answers(describe(elsewhere)),
    refused(describe(inside), denied, 'kms:UpdateKeyDescription'),
    answers(encrypt(inside), 'CiphertextBlob'),
    refused(encrypt(elsewhere), denied, 'kms:Encrypt'),
    ...[admin, inside, elsewhere].map(asker =>
      answers(callOf(asker, 'kms', 'DescribeKey', { KeyId }), 'KeyMetadata.KeyId', 'KeyMetadata.KeyState'),
    ),
  ]
}
