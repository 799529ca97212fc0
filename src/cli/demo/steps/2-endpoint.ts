import { answers, callOf, refused } from '../act.ts'
import type { Asker, Output } from '../aws-client.ts'
import type { DemoServer } from '../demo-server.ts'
import { dnsAttributes, endpointInput, makeParts, namesOf, untilAvailable, zones } from '../network.ts'
import type { EndpointParts, StoryNetwork } from '../network.ts'
import { textAt, valueAt } from '../short-text.ts'
import type { Story } from '../story.ts'

/** Step 2: a VPC with two subnets gets an interface endpoint for KMS. */
export async function endpointStep(story: Story, server: DemoServer, admin: Asker): Promise<StoryNetwork> {
  story.step(2, 'A VPC, two subnets in two zones, and an interface endpoint for KMS with private DNS')
  const parts = await makeParts(admin, acts => story.together(acts))
  const input = endpointInput(parts)
  const create = callOf(admin, 'ec2', 'CreateVpcEndpoint', input)
  await story.does(
    refused(
      create,
      'InvalidParameter',
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${parts.vpcId}`,
    ),
  )
  story.say("That is AWS's error without the two DNS attributes of the VPC. With them:")
  await story.together(dnsAttributes(admin, parts.vpcId))
  const made = await story.does(answers(create, 'VpcEndpoint.VpcEndpointId', 'VpcEndpoint.State'))
  const state = textAt(made, 'VpcEndpoint.State')
  story.requires(state === 'pending', 'the endpoint begins as pending', state)
  const endpointId = textAt(made, 'VpcEndpoint.VpcEndpointId')
  const described = await untilAvailable(admin, endpointId, act => story.does(act))
  story.requires(true, 'the endpoint has become available', described)
  await showInterfaces(story, admin, parts, described)
  const names = namesOf(described)
  showNames(story, endpointId, names)
  return { ...parts, endpointId, names, url: await server.endpointUrl(endpointId) }
}

async function showInterfaces(story: Story, admin: Asker, parts: EndpointParts, described: Output): Promise<void> {
  const ids = valueAt(described, 'VpcEndpoints.0.NetworkInterfaceIds')
  const list = 'NetworkInterfaces'
  const found = await story.does(
    answers(
      callOf(admin, 'ec2', 'DescribeNetworkInterfaces', { NetworkInterfaceIds: ids }),
      `${list}.NetworkInterfaceId`,
      `${list}.SubnetId`,
      `${list}.PrivateIpAddress`,
    ),
  )
  const addresses = new Map(
    (valueAt(found, list) as readonly Output[]).map(each => [
      textAt(each, 'SubnetId'),
      textAt(each, 'PrivateIpAddress'),
    ]),
  )
  story.requires(
    addresses.size === 2 &&
      parts.subnetIds.every((id, index) => addresses.get(id)?.startsWith(`10.0.${index + 1}.`) === true),
    'it has one network interface in each subnet, with an address from that subnet',
    [...addresses],
  )
}

function showNames(story: Story, endpointId: string, names: readonly string[]): void {
  const stem = names[0]?.replace(/\.kms\..*$/, '') ?? ''
  const zone = 'kms.us-west-2.vpce.amazonaws.com'
  const privateNames = ['kms.us-west-2.amazonaws.com', 'kms.us-west-2.api.aws']
  const expected = [`${stem}.${zone}`, ...zones.map(each => `${stem}-${each}.${zone}`), ...privateNames]
  for (const name of names) story.say(`  ${name}`)
  story.requires(
    names.join(' ') === expected.join(' ') && new RegExp(`^${endpointId}-[a-z0-9]{8}$`).test(stem),
    "its DnsEntries are regional, zonal, private, in AWS's order and form",
    names,
  )
}
