import { setTimeout as delay } from 'node:timers/promises'
import { answers, callOf } from '../act.ts'
import type { Asker, Output } from '../aws-client.ts'
import { DemoFailure } from '../demo-failure.ts'
import { otherAccount } from '../scene.ts'
import type { People, Scene } from '../scene.ts'
import { textAt, valueAt } from '../short-text.ts'
import type { Made, Story } from '../story.ts'

/** A CloudTrail record, as far as the story looks at it. */
export interface Recorded {
  readonly eventTime: string
  readonly eventName: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly vpcEndpointId?: string
  readonly requestID: string
  readonly recipientAccountId: string
  readonly userIdentity: { readonly accountId?: string; readonly arn?: string }
}

/** Step 8: the trail. Gives the records of the endpoint. */
export async function trailStep(story: Story, scene: Scene, { foreigner }: People): Promise<readonly Recorded[]> {
  story.step(8, 'The trail: aws cloudtrail lookup-events')
  const { admin, network } = scene
  story.say('First a call of the other account, through our endpoint, on a key of its own:')
  const made = await story.does(answers(callOf(foreigner, 'kms', 'CreateKey'), 'KeyMetadata.Arn'))
  const foreignKey = textAt(made, 'KeyMetadata.Arn')
  const expected = expectedRecords(story, network.endpointId, foreigner)
  const records = await lookUp(story, admin, found => through(found, network.endpointId).length >= expected.length)
  showOwn(story, scene, records, expected)
  await showForeign(story, foreigner, { records, foreignKey, scene })
  return through(records, network.endpointId)
}

const through = (records: readonly Recorded[], endpointId: string): readonly Recorded[] =>
  records.filter(each => each.vpcEndpointId === endpointId && each.userIdentity.arn !== undefined)

/** The calls of one's own account through the endpoint, without those that its policy alone refused. */
function expectedRecords(story: Story, endpointId: string, foreigner: Asker): readonly string[] {
  return story.made
    .filter(
      ({ call }) =>
        call.service === 'kms' && call.asker.door.endsWith(endpointId) && call.asker.name !== foreigner.name,
    )
    .filter(each => each.result.kind !== 'refused-connection' && !isRefusedByEndpointOnly(each))
    .map(({ call }) => call.operation)
    .sort()
}

// Alice has no right to random bytes from anybody: of all refusals in which the endpoint policy had a part, that one has another too.
const isRefusedByEndpointOnly = ({ call, result }: Made): boolean =>
  result.kind === 'error' && result.message.includes('VPC endpoint policy') && call.operation !== 'GenerateRandom'

/** Looks up until the index, which is built behind the log, has what is waited for. */
async function lookUp(
  story: Story,
  asker: Asker,
  isThere: (records: readonly Recorded[]) => boolean,
): Promise<readonly Recorded[]> {
  const LookupAttributes = [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }]
  const call = callOf(asker, 'cloudtrail', 'LookupEvents', { LookupAttributes })
  for (let tries = 0; tries < 10; tries++) {
    const output = await story.does(answers(call, 'Events.length'))
    const events = (valueAt(output, 'Events') ?? []) as readonly Output[]
    const records = events.map(event => JSON.parse(textAt(event, 'CloudTrailEvent')) as Recorded)
    if (isThere(records)) return records
    await delay(300)
  }
  throw new DemoFailure({ at: 'the trail', expected: 'all calls that were made', came: 'fewer' })
}

function showOwn(
  story: Story,
  { account, network }: Scene,
  records: readonly Recorded[],
  expected: readonly string[],
): void {
  const own = through(records, network.endpointId)
  story.say(`The last of the ${own.length} calls of account ${account} with "vpcEndpointId":"${network.endpointId}":`)
  for (const each of own.slice(0, 8)) {
    const who = each.userIdentity.arn?.split(':')[5] ?? ''
    story.say(`  ${each.eventTime}  ${each.eventName.padEnd(20)} ${who.padEnd(36)} ${each.errorCode ?? ''}`)
  }
  const names = own.map(each => each.eventName).sort()
  story.requires(
    names.join(' ') === expected.join(' '),
    `they are the ${expected.length} KMS calls that this demo made through the endpoint, each with vpcEndpointId`,
    { expected, names },
  )
  const refusals = own.filter(each => each.errorMessage?.includes('VPC endpoint policy') === true)
  story.requires(
    refusals.every(each => each.eventName === 'GenerateRandom'),
    "a call that only the endpoint policy refused (alice's Decrypt of step 7) is not there",
    refusals,
  )
  const random = own.find(each => each.eventName === 'GenerateRandom' && each.errorCode === 'AccessDenied')
  story.requires(
    random !== undefined,
    'one that another layer would have refused too (her GenerateRandom) is there',
    names,
  )
}

async function showForeign(
  story: Story,
  foreigner: Asker,
  {
    records,
    foreignKey,
    scene,
  }: { readonly records: readonly Recorded[]; readonly foreignKey: string; readonly scene: Scene },
): Promise<void> {
  const { account, network, key } = scene
  const text = JSON.stringify(records)
  const isTheirs = (each: Recorded): boolean =>
    each.eventName === 'CreateKey' && JSON.stringify(each).includes(foreignKey)
  const theirs = await lookUp(story, foreigner, found => found.some(isTheirs))
  story.requires(
    theirs.find(isTheirs)?.vpcEndpointId === network.endpointId,
    "the other account sees its own calls in its own trail, with our endpoint's id",
    theirs,
  )
  story.requires(
    !text.includes(foreignKey) && records.every(each => each.recipientAccountId === account),
    "we, the endpoint's owner, see neither its principals' calls on its keys, nor anything from its trail",
    records.filter(each => JSON.stringify(each).includes(foreignKey)),
  )
  const onOurs = records.filter(each => each.userIdentity.accountId === otherAccount)
  story.requires(
    onOurs.length === 1 &&
      onOurs.every(each => each.userIdentity.arn === undefined && JSON.stringify(each).includes(key.arn)),
    "its one call that our key policy let in (step 5) we see as the key's owner, and not who it was",
    onOurs,
  )
}
