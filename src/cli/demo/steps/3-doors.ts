import { answers, callOf, unconnected } from '../act.ts'
import type { Asker } from '../aws-client.ts'
import { commandText } from '../command-text.ts'
import { resolveName, verifiedConnection } from '../connect.ts'
import type { DemoServer } from '../demo-server.ts'
import { httpsRule } from '../network.ts'
import type { StoryNetwork } from '../network.ts'
import { showEnvironment } from '../show-environment.ts'
import type { Story } from '../story.ts'

/** Step 3: the doors of the endpoint: names, TLS, and the security group. */
export async function doorsStep(
  story: Story,
  server: DemoServer,
  { inside, network }: { readonly inside: Asker; readonly network: StoryNetwork },
): Promise<void> {
  story.step(3, 'Doors are open at the interfaces, by name and by address, to whom the security group admits')
  const url = new URL(network.url)
  story.say(
    `The VPC is served at ${url.hostname.split('.').slice(0, 2).join('.')}.0.0/16 of this machine; its resolver is at base + 2.`,
  )
  const addresses = await showNames(story, server, network, url.hostname)
  await showTls(story, server, { name: network.names[0]!, address: addresses[0]! })
  const shown = await showEnvironment(story, server, network.endpointId)
  story.requires(shown.includes(network.url), `KMS is now asked at ${network.url}, an address: no DNS at all`, shown)
  const listKeys = callOf(inside, 'kms', 'ListKeys')
  await story.does(answers(listKeys, 'Keys'))
  await showSecurityGroup(story, inside, network)
}

async function showNames(
  story: Story,
  server: DemoServer,
  network: StoryNetwork,
  address: string,
): Promise<readonly string[]> {
  const resolver = { address: address.replace(/\.\d+\.\d+$/, '.0.2'), port: server.resolverPort }
  const answered = await Promise.all(network.names.map(name => resolveName(resolver, name)))
  for (const [index, name] of network.names.entries())
    story.shows(`dig @${resolver.address} -p ${resolver.port} +short ${name}`, answered[index]!.join('\n'))
  const [regional = [], first = [], second = [], inPrivate = []] = answered.map(each => [...each].sort())
  story.requires(
    [regional, inPrivate].every(each => each.join(' ') === [...first, ...second].sort().join(' ')) &&
      first.length === 1 &&
      second.length === 1,
    "the VPC's resolver answers: a zonal name with its interface, the regional and the private one with both",
    answered,
  )
  return answered[0]!
}

async function showTls(
  story: Story,
  server: DemoServer,
  { name, address }: { readonly name: string; readonly address: string },
): Promise<void> {
  const port = server.endpointPort
  for (const [what, given] of [
    ['name', { name }],
    ['address', {}],
  ] as const) {
    const about = await verifiedConnection({ address, port, authorityFile: server.authority, ...given })
    const asked = what === 'name' ? ['-servername', name, '-verify_hostname', name] : ['-verify_ip', address]
    const command = [
      's_client',
      '-connect',
      `${address}:${port}`,
      ...asked,
      '-verify_return_error',
      '-CAfile',
      server.authority,
    ]
    story.shows(commandText('openssl', command), `${about.protocol}; the certificate is for ${about.subjects}`)
    story.requires(true, `TLS verifies by ${what}, against the server's own authority`, about)
  }
  story.say('(Asked by Node here; dig and openssl ask the same. The unmodified client by name: see the last step.)')
}

async function showSecurityGroup(story: Story, inside: Asker, network: StoryNetwork): Promise<void> {
  const rule = httpsRule(network.groupId)
  const listKeys = callOf(inside, 'kms', 'ListKeys')
  await story.does(answers(callOf(inside, 'ec2', 'RevokeSecurityGroupIngress', rule)))
  await story.does(unconnected(listKeys))
  story.say('Nothing admits port 443 now: the next connection ends before TLS begins. The rule comes back:')
  await story.does(answers(callOf(inside, 'ec2', 'AuthorizeSecurityGroupIngress', rule)))
  await story.does(answers(listKeys, 'Keys'))
}
