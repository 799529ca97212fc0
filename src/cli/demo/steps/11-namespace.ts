import { lookup } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { answers, callOf } from '../act.ts'
import type { Asker } from '../aws-client.ts'
import { DemoServer } from '../demo-server.ts'
import { DemoFailure } from '../demo-failure.ts'
import { makeQuietNetwork } from '../network.ts'
import type { Programs } from '../programs.ts'
import { textAt } from '../short-text.ts'
import type { Story } from '../story.ts'

const standardName = 'kms.us-west-2.amazonaws.com'

/** What is shown inside the namespace: the standard names on the standard port, with nothing set but trust and credentials. */
export async function namespaceStep(story: Story, programs: Programs): Promise<void> {
  story.step(11, 'In a network namespace of its own: the standard name on port 443 inside a VPC')
  await using server = await DemoServer.prepare(story.folder, programs, { standardPorts: true })
  await server.start()
  story.say(
    "A second server; endpoints at port 443, names at port 53, and the VPC's resolver is the one of the system.",
  )
  const admin = await server.administrator()
  const network = await makeQuietNetwork(story, server, admin, 'A VPC with an endpoint, made as in step 2')
  const [regional] = network.names as [string]
  for (const name of [standardName, regional]) {
    const found = await lookup(name, { all: true, family: 4 })
    const addresses = found.map(each => each.address).sort()
    story.shows(`getent ahostsv4 ${name}`, addresses.join('  '))
    story.requires(
      addresses.join(' ') === new URL(network.url).hostname,
      "the name is the address of the endpoint's interface",
      addresses,
    )
  }
  const { AWS_ENDPOINT_URL_KMS: _unset, ...variables } = admin.variables
  const inside: Asker = { ...admin, door: `inside ${network.vpcId}, no endpoint URL set`, variables }
  await story.does(answers(callOf(inside, 'kms', 'ListKeys'), 'Keys'))
  const byName: Asker = { ...inside, door: `inside ${network.vpcId}` }
  await story.does(answers({ ...callOf(byName, 'kms', 'ListKeys'), endpointUrl: `https://${regional}` }, 'Keys'))
  await showTrail(story, admin, { endpointId: network.endpointId, names: [standardName, regional] })
}

async function showTrail(
  story: Story,
  admin: Asker,
  { endpointId, names }: { readonly endpointId: string; readonly names: readonly string[] },
): Promise<void> {
  const LookupAttributes = [{ AttributeKey: 'EventName', AttributeValue: 'ListKeys' }]
  const call = callOf(admin, 'cloudtrail', 'LookupEvents', { LookupAttributes })
  for (let tries = 0; tries < 10; tries++) {
    const text = textAt(await story.does(answers(call, 'Events.EventName')), 'Events.CloudTrailEvent')
    const isThere = names.every(name => text.includes(`"clientProvidedHostHeader":"${name}"`))
    if (isThere && text.includes(`"vpcEndpointId":"${endpointId}"`)) {
      story.requires(
        true,
        'the trail has both calls: through the endpoint, each under the name that was asked for',
        text,
      )
      return
    }
    await delay(300)
  }
  throw new DemoFailure({ at: 'the trail', expected: `calls to ${names.join(' and ')}`, came: 'none' })
}
