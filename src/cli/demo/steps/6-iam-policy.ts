import { answers, callOf, refused } from '../act.ts'
import type { Act } from '../act.ts'
import { through } from '../askers.ts'
import type { Asker, Call } from '../aws-client.ts'
import type { People, Scene } from '../scene.ts'
import type { Story } from '../story.ts'
import { putUserPolicy } from '../users.ts'
import type { OtherNetwork } from './6-key-policy.ts'

const denied = 'AccessDeniedException'

/** Step 6, its IAM policies: the same condition keys, also for calls without a key. */
export async function iamPolicyStep(story: Story, scene: Scene, people: People, other: OtherNetwork): Promise<void> {
  story.say('The same condition keys in an IAM policy of alice, also for calls that name no key or an alias:')
  const { admin, network } = scene
  await story.does(
    putUserPolicy(story, admin, 'alice-source.json', {
      Effect: 'Allow',
      Action: ['kms:CreateKey', 'kms:ListKeys', 'kms:CreateAlias'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceVpce': network.endpointId, 'aws:SourceVpc': network.vpcId } },
    }),
  )
  const outside = atPublicDoor(people.user, admin)
  await story.together(threeCalls(people.user, scene).map(([call, show]) => answers(call, ...show)))
  const refusals = [outside, through(outside, other.network)].flatMap(asker => threeCalls(asker, scene))
  await story.together(
    refusals.map(([call]) =>
      refused(call, denied, `because no identity-based policy allows the kms:${call.operation} action`),
    ),
  )
  story.say('CreateKey, ListKeys and CreateAlias: allowed through the endpoint, at no other door.')
  await showAddresses(story, admin, people.user, outside)
}

function atPublicDoor(user: Asker, admin: Asker): Asker {
  const { AWS_ENDPOINT_URL_KMS } = admin.variables
  return { ...user, door: admin.door, variables: { ...user.variables, AWS_ENDPOINT_URL_KMS } }
}

function threeCalls(asker: Asker, { key }: Scene): readonly (readonly [call: Call, show: readonly string[]])[] {
  return [
    [callOf(asker, 'kms', 'CreateKey'), ['KeyMetadata.KeyId']],
    [callOf(asker, 'kms', 'ListKeys'), ['Keys.KeyId']],
    [callOf(asker, 'kms', 'CreateAlias', { AliasName: 'alias/of-alice', TargetKeyId: key.id }), []],
  ]
}

async function showAddresses(story: Story, admin: Asker, user: Asker, outside: Asker): Promise<void> {
  story.say('Addresses: aws:SourceIp is there at the public door only, aws:VpcSourceIp through an endpoint only.')
  const allow = (Action: string, key: string, block: string): object => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    Condition: { IpAddress: { [key]: block } },
  })
  await story.does(
    putUserPolicy(
      story,
      admin,
      'alice-addresses.json',
      { ...allow('kms:ListKeys', 'aws:SourceIp', '0.0.0.0/0') },
      { ...allow('kms:ListAliases', 'aws:VpcSourceIp', '10.0.0.0/16') },
    ),
  )
  const [list, aliases] = ['ListKeys', 'ListAliases'] as const
  const refusal = (asker: Asker, operation: string): Act => refused(callOf(asker, 'kms', operation), denied, operation)
  await story.together([
    answers(callOf(outside, 'kms', list), 'Keys.KeyId'),
    refusal(outside, aliases),
    answers(callOf(user, 'kms', aliases), 'Aliases.AliasName'),
    refusal(user, list),
  ])
  story.say('Even 0.0.0.0/0 as aws:SourceIp holds no call through an endpoint: the key is absent there.')
}
