import { answers, callOf, refused } from '../act.ts'
import { through } from '../askers.ts'
import type { Asker, Call } from '../aws-client.ts'
import {
  defaultPolicy,
  standardPolicy,
  putEndpointPolicy,
  readEndpointPolicy,
  resetEndpointPolicy,
} from '../endpoint-policy.ts'
import { otherAccount } from '../scene.ts'
import type { People, Scene } from '../scene.ts'
import type { Story } from '../story.ts'
import { makeUser, policyOf, putUserPolicy } from '../users.ts'
import type { Statement } from '../users.ts'

const allowAll: Statement = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }
const denied = 'AccessDeniedException'

/** Step 5: the endpoint policy. */
export async function endpointPolicyStep(story: Story, scene: Scene): Promise<People> {
  const { admin, network } = scene
  story.step(5, 'The endpoint policy: the default, AllowDecryptAndView, AccessForASpecificAccount')
  const text = await readEndpointPolicy(story, admin, network.endpointId)
  story.requires(text === defaultPolicy, `it is the default, byte for byte as AWS prints it: ${standardPolicy}`, text)
  const { user: outside, arn } = await makeUser(story, admin)
  const user = through(outside, network)
  const listKeys = callOf(user, 'kms', 'ListKeys')
  await story.does(refused(listKeys, denied, 'because no identity-based policy allows the kms:ListKeys action'))
  story.say(
    'The default lets everything through and grants nothing by itself: alice has no policy of her own. Now she gets one:',
  )
  await story.does(putUserPolicy(story, admin, 'alice-kms.json', { Effect: 'Allow', Action: 'kms:*', Resource: '*' }))
  await story.does(answers(listKeys, 'Keys.KeyId'))
  await showDecryptAndView(story, scene, { user, arn })
  const foreigner = await showSpecificAccount(story, scene)
  await showIncomplete(story, scene)
  return { user, userArn: arn, foreigner }
}

async function showDecryptAndView(
  story: Story,
  { admin, inside, network, key }: Scene,
  { user, arn }: { readonly user: Asker; readonly arn: string },
): Promise<void> {
  const policy = story.policy('decrypt-and-view.json', {
    Statement: [
      {
        Sid: 'AllowDecryptAndView',
        Principal: { AWS: [arn] },
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'],
        Resource: [key.arn],
      },
    ],
  })
  await putEndpointPolicy(story, admin, network.endpointId, policy)
  const text = await readEndpointPolicy(story, admin, network.endpointId)
  story.requires(text === policy.content, 'the policy is read back byte for byte', text)
  const KeyId = key.id
  await story.together([
    answers(callOf(user, 'kms', 'Decrypt', { CiphertextBlob: key.blob }), 'Plaintext'),
    answers(callOf(user, 'kms', 'DescribeKey', { KeyId }), 'KeyMetadata.KeyId', 'KeyMetadata.KeyState'),
    refused(callOf(user, 'kms', 'ListKeys'), denied, 'because no VPC endpoint policy allows the kms:ListKeys action'),
    refused(
      callOf(user, 'kms', 'Encrypt', { KeyId, Plaintext: key.plain }),
      denied,
      'because no VPC endpoint policy allows the kms:Encrypt action',
    ),
    refused(
      callOf(inside, 'kms', 'DescribeKey', { KeyId }),
      denied,
      'because no VPC endpoint policy allows the kms:DescribeKey action',
    ),
  ])
  story.say(
    'ListKeys has no resource, so a statement about one key ARN does not allow it; nor does it allow other users.',
  )
}

async function showSpecificAccount(
  story: Story,
  { server, account, admin, inside, network, key }: Scene,
): Promise<Asker> {
  story.say(`A second account, which the key's policy lets in too:`)
  await story.postern(server, ['account', 'create', '--id', otherAccount, '--name', 'other'], otherAccount)
  const theirs = await server.administrator({ account: otherAccount, name: `administrator of ${otherAccount}` })
  const foreigner = through(theirs, network)
  const KeyId = key.arn
  const both = story.policy(
    'both-accounts.json',
    policyOf({ Effect: 'Allow', Principal: { AWS: [account, otherAccount] }, Action: 'kms:*', Resource: '*' }),
  )
  await story.does(answers(callOf(admin, 'kms', 'PutKeyPolicy', { KeyId, PolicyName: 'default', Policy: both })))
  const deny: Statement = {
    Sid: 'AccessForASpecificAccount',
    Principal: '*',
    Action: 'kms:*',
    Effect: 'Deny',
    Resource: `arn:aws:kms:*:${account}:key/*`,
    Condition: { StringNotEquals: { 'aws:PrincipalAccount': [account] } },
  }
  const [ours, others] = [inside, foreigner].map(asker => callOf(asker, 'kms', 'DescribeKey', { KeyId })) as [
    Call,
    Call,
  ]
  await putEndpointPolicy(story, admin, network.endpointId, story.policy('only-deny.json', { Statement: [deny] }))
  await story.does(refused(ours, denied, 'because no VPC endpoint policy allows the kms:DescribeKey action'))
  story.say('The statement only denies: nothing is allowed until an Allow stands beside it.')
  await putEndpointPolicy(
    story,
    admin,
    network.endpointId,
    story.policy('deny-and-allow.json', { Statement: [deny, allowAll] }),
  )
  await story.together([
    answers(ours, 'KeyMetadata.KeyId', 'KeyMetadata.KeyState'),
    refused(others, denied, 'with an explicit deny in a VPC endpoint policy'),
  ])
  await resetEndpointPolicy(story, admin, network.endpointId)
  await story.does(answers(others, 'KeyMetadata.KeyId', 'KeyMetadata.KeyState'))
  story.say('It was the endpoint policy that kept them out: with the default one the key policy lets them in.')
  return foreigner
}

async function showIncomplete(story: Story, { admin, network }: Scene): Promise<void> {
  story.say('Each statement of an endpoint policy needs Principal, Action and Resource:')
  const acts = ['Principal', 'Action', 'Resource'].map(missing => {
    const statement = Object.fromEntries(Object.entries(allowAll).filter(([name]) => name !== missing))
    const PolicyDocument = JSON.stringify({ Statement: [statement] })
    const input = { VpcEndpointId: network.endpointId, PolicyDocument }
    return refused(callOf(admin, 'ec2', 'ModifyVpcEndpoint', input), 'InvalidPolicyDocument')
  })
  await story.together(acts)
}
