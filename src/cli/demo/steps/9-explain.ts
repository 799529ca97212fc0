import { callOf, refused } from '../act.ts'
import type { Scene } from '../scene.ts'
import type { Story } from '../story.ts'
import type { OtherNetwork } from './6-key-policy.ts'
import type { Recorded } from './8-trail.ts'

/** Step 9: why a call was refused, from the decision that was enforced. */
export async function explainStep(
  story: Story,
  { server, network, key }: Scene,
  { elsewhere, network: other }: OtherNetwork,
  records: readonly Recorded[],
): Promise<void> {
  story.step(9, 'postern explain: which layer and statement refused, and what each condition compared')
  const encrypt = callOf(elsewhere, 'kms', 'Encrypt', { KeyId: key.id, Plaintext: key.plain })
  await story.does(refused(encrypt, 'AccessDeniedException', 'with an explicit deny in a resource-based policy'))
  await story.postern(
    server,
    ['explain', '--last'],
    /refused by: Key policy/i,
    'OnlyThroughTheEndpoint',
    new RegExp(`StringNotEquals,? aws:sourceVpce .*"${other.endpointId}".*"${network.endpointId}"`, 's'),
  )
  story.say("By request id, which the trail has: alice's last ListKeys of step 6, through the endpoint.")
  const refusal = records.find(each => each.eventName === 'ListKeys' && each.errorCode === 'AccessDenied')
  story.requires(refusal !== undefined, 'the trail has the refused ListKeys of step 6', records)
  await story.postern(
    server,
    ['explain', refusal!.requestID],
    'aws:SourceIp',
    'absent',
    /refused by: Identity policies/i,
  )
}
