import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attachNamespace, detachNamespace } from './attach-namespace.ts'
import type { NetworkHost } from './network-host.ts'
import type { WorkloadLink } from './workload-link.ts'

const link: WorkloadLink = {
  vpcId: 'vpc-0123456789abcdef0',
  workload: {
    namespace: 'app',
    interfaceId: 'eni-0123456789abcdef0',
    subnetId: 'subnet-0123456789abcdef0',
    address: '10.0.1.20',
    ipv6Address: '2600:1f00::5',
    groupIds: [],
  },
  subnet: { cidr: '10.0.1.0/24', ipv6Cidr: '2600:1f00::/64' },
  blocks: ['10.0.0.0/16', '2600:1f00::/56'],
  resolverAddresses: ['10.0.0.2'],
}

/** A machine on which nothing is there, and what is run is written down. */
function recordingHost(): NetworkHost & { readonly ran: string[] } {
  const ran: string[] = []
  const run = (words: readonly string[], input = ''): Promise<string> => {
    ran.push(`${words.join(' ')}\n${input}`)
    return Promise.resolve('')
  }
  return { installation: '01234567', prefix: [], run, ran }
}

const bad = '10.0.1.20\nnetns exec app touch /tmp/taken\n'
const falseAnswers: Readonly<Record<string, WorkloadLink>> = {
  'an address with a line of its own': { ...link, workload: { ...link.workload, address: bad } },
  'an IPv6 address with a line of its own': { ...link, workload: { ...link.workload, ipv6Address: `::1\n${bad}` } },
  'a namespace that is a path': { ...link, workload: { ...link.workload, namespace: '../../root' } },
  'a namespace with a line of its own': { ...link, workload: { ...link.workload, namespace: `app\n${bad}` } },
  'a namespace of another VPC': { ...link, workload: { ...link.workload, namespace: 'postern-01234567-2' } },
  'another interface': { ...link, workload: { ...link.workload, interfaceId: `eni-0\n${bad}` } },
  'a VPC that is none': { ...link, vpcId: 'vpc-1; reboot' },
}
const falsePlaces: Readonly<Record<string, WorkloadLink>> = {
  'a block with a line of its own': { ...link, blocks: [`10.0.0.0/16\n${bad}`] },
  'a subnet that is no block': { ...link, subnet: { cidr: '10.0.1.20/24' } },
  'a resolver with a line of its own': { ...link, resolverAddresses: [bad] },
  'a resolver that is no text': { ...link, resolverAddresses: [['10.0.0.2'] as unknown as string] },
}

for (const [what, answer] of Object.entries({ ...falseAnswers, ...falsePlaces })) {
  void test(`attachNamespace() runs nothing for a server that answers with ${what}`, async () => {
    const host = recordingHost()

    const attached = attachNamespace(host, answer, { makesNamespace: true })

    await assert.rejects(attached, { name: 'ConfigError' })
    assert.deepEqual(host.ran, [])
  })
}

for (const [what, answer] of Object.entries(falseAnswers)) {
  void test(`detachNamespace() runs nothing for a server that answers with ${what}`, async () => {
    const host = recordingHost()

    const detached = detachNamespace(host, answer)

    await assert.rejects(detached, { name: 'ConfigError' })
    assert.deepEqual(host.ran, [])
  })
}

void test('detachNamespace() acts on what a server of ours answers', async () => {
  const host = recordingHost()

  await detachNamespace(host, link)

  assert.notDeepEqual(host.ran, [])
})
