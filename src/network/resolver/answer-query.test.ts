import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AUTHORITATIVE_ANSWER, RECURSION_DESIRED, decode, encode } from 'dns-packet'
import type { DecodedPacket, Packet } from 'dns-packet'
import * as fc from 'fast-check'
import type { EndpointValue, VpcValue } from '../model/records.ts'
import { answerQuery, failedQuery } from './answer-query.ts'
import { noVpcClients } from '../model/vpc-clients.ts'
import type { QueryContext } from './answer-query.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpc: VpcValue = {
  ...owned,
  vpcId: 'vpc-0123456789abcdef0',
  cidr: '10.0.0.0/16',
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: true,
}
const endpoint: EndpointValue = {
  ...owned,
  endpointId: 'vpce-0123456789abcdef0',
  vpcId: vpc.vpcId,
  service: 'kms',
  serviceName: 'com.amazonaws.us-west-2.kms',
  state: 'available',
  interfaces: [
    { interfaceId: 'eni-1', subnetId: 'subnet-1', zone: 'us-west-2a', address: '10.0.1.5' },
    { interfaceId: 'eni-2', subnetId: 'subnet-2', zone: 'us-west-2b', address: '10.0.2.5' },
  ],
  groupIds: [],
  policy: '',
  privateDnsEnabled: true,
  dnsLabel: 'lj2wisx3',
  privateZoneId: 'Z1',
  createdAt: 0,
}
const stem = 'vpce-0123456789abcdef0-lj2wisx3'

function contextOf(
  changes: { endpoint?: Partial<EndpointValue>; vpc?: Partial<VpcValue> } & Partial<QueryContext> = {},
): QueryContext {
  const { endpoint: changedEndpoint, vpc: changedVpc, ...others } = changes
  return {
    view: {
      vpc: { ...vpc, ...changedVpc },
      endpoints: [{ ...endpoint, ...changedEndpoint }],
      groups: new Map(),
      subnets: new Map(),
      clients: noVpcClients('vpc-1'),
    },
    regions: ['us-west-2'],
    servedNames: ['kms.us-west-2.amazonaws.com', 'sts.us-west-2.amazonaws.com', 'sts.amazonaws.com'],
    servedAddress: address => address,
    canForward: true,
    turn: 0,
    ...others,
  }
}

const queryFor = (name: string, more: Partial<Packet> = {}, type: 'A' | 'AAAA' | 'SOA' | 'TXT' = 'A'): Buffer =>
  encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ type, name, class: 'IN' }], ...more })

/** The answer to a query, decoded. */
function answerTo(bytes: Buffer, context = contextOf(), transport: 'udp' | 'tcp' = 'udp'): DecodedPacket {
  const outcome = answerQuery(bytes, transport, context)
  assert.equal(outcome.kind, 'answer')
  return decode((outcome as { bytes: Buffer }).bytes)
}

const addressesIn = (packet: DecodedPacket): readonly unknown[] =>
  (packet.answers ?? []).map(answer => (answer as { data: unknown }).data)
const codeOf = (packet: DecodedPacket): string => (packet as unknown as { rcode: string }).rcode

const names: Readonly<Record<string, readonly string[]>> = {
  [`${stem}.kms.us-west-2.vpce.amazonaws.com`]: ['10.0.1.5', '10.0.2.5'],
  [`${stem}-us-west-2a.kms.us-west-2.vpce.amazonaws.com`]: ['10.0.1.5'],
  [`${stem}-us-west-2b.kms.us-west-2.vpce.amazonaws.com`]: ['10.0.2.5'],
  'kms.us-west-2.amazonaws.com': ['10.0.1.5', '10.0.2.5'],
  'kms.us-west-2.api.aws': ['10.0.1.5', '10.0.2.5'],
  'KMS.us-West-2.AmazonAWS.com': ['10.0.1.5', '10.0.2.5'],
}

for (const [name, addresses] of Object.entries(names)) {
  test(`answerQuery() answers ${name} with its interfaces' addresses`, () => {
    const packet = answerTo(queryFor(name))

    assert.deepEqual(addressesIn(packet), addresses)
    assert.equal(packet.id, 7)
    assert.equal(packet.flag_aa, true)
  })
}

test('answerQuery() turns the addresses of a name from query to query', () => {
  const packet = answerTo(queryFor('kms.us-west-2.amazonaws.com'), contextOf({ turn: 3 }))

  assert.deepEqual(addressesIn(packet), ['10.0.2.5', '10.0.1.5'])
})

const deniedNames = [
  'kms-fips.us-west-2.amazonaws.com',
  'x.kms.us-west-2.amazonaws.com',
  'sts.us-west-2.amazonaws.com',
  'STS.amazonaws.com',
  'kms.eu-west-1.amazonaws.com',
  'KMS.us-east-1.AMAZONAWS.com',
  'x.kms.us-east-1.amazonaws.com',
  'kms-fips.us-east-1.amazonaws.com',
  'kms.us-east-1.api.aws',
  'kms-fips.us-gov-west-1.api.aws',
  'kms.moon-dark-1.amazonaws.com',
  'kms.amazonaws.com',
  'kms.cn-north-1.amazonaws.com.cn',
  'vpce-0123456789abcdef0-lj2wisx3.kms.eu-west-1.vpce.amazonaws.com',
  'vpce-0123456789abcdef0-lj2wisx3.s3.eu-west-1.vpce.amazonaws.com',
  'vpce-0fedcba9876543210-aaaaaaaa.kms.us-west-2.vpce.amazonaws.com',
]

for (const name of deniedNames) {
  test(`answerQuery() denies ${name} and never forwards it: plaintext would go to somebody else's KMS`, () => {
    assert.equal(codeOf(answerTo(queryFor(name))), 'NXDOMAIN')
  })
}

for (const [what, changes] of Object.entries({
  'private DNS is off': { endpoint: { privateDnsEnabled: false } },
  'the VPC has no DNS hostnames': { vpc: { enableDnsHostnames: false } },
  'the endpoint is still pending': { endpoint: { state: 'pending' } },
  'the endpoint is going': { endpoint: { state: 'deleting' } },
} as const)) {
  test(`answerQuery() denies the private name where ${what}`, () => {
    assert.equal(codeOf(answerTo(queryFor('kms.us-west-2.amazonaws.com'), contextOf(changes))), 'NXDOMAIN')
  })
}

test('answerQuery() leads served names without an endpoint to the public door where its address is set', () => {
  const context = contextOf({ endpoint: { privateDnsEnabled: false }, publicAddress: '192.0.2.1' })

  for (const name of ['kms.us-west-2.amazonaws.com', 'sts.amazonaws.com']) {
    assert.deepEqual(addressesIn(answerTo(queryFor(name), context)), ['192.0.2.1'])
  }
  assert.equal(codeOf(answerTo(queryFor('kms-fips.us-west-2.amazonaws.com'), context)), 'NXDOMAIN')
})

test('answerQuery() has no answers of other types for its names, and says that they exist', () => {
  const packet = answerTo(queryFor('kms.us-west-2.amazonaws.com', {}, 'AAAA'))

  assert.equal(codeOf(packet), 'NOERROR')
  assert.deepEqual(addressesIn(packet), [])
  assert.equal(packet.authorities?.[0]?.type, 'SOA')
})

for (const name of [
  'kms.us-west-2.amazonaws.com',
  'kms.us-west-2.vpce.amazonaws.com',
  'us-west-2.vpce.amazonaws.com',
  'VPCE.amazonaws.com',
]) {
  test(`answerQuery() does not deny ${name}, since there are names below it`, () => {
    const packet = answerTo(queryFor(name, {}, 'TXT'))

    assert.equal(codeOf(packet), 'NOERROR')
    assert.deepEqual(packet.answers, [])
    assert.equal(packet.authorities?.[0]?.type, 'SOA')
  })
}

test('answerQuery() gives the SOA record of a zone at its top', () => {
  for (const name of ['kms.us-west-2.amazonaws.com', 'kms.us-west-2.vpce.amazonaws.com', 'vpce.amazonaws.com']) {
    const packet = answerTo(queryFor(name, {}, 'SOA'))

    assert.deepEqual([packet.answers?.[0]?.type, packet.answers?.[0]?.name], ['SOA', name])
  }
})

for (const name of [
  'example.com',
  'amazonaws.com',
  's3.us-west-2.amazonaws.com',
  'mykms.us-east-1.amazonaws.com',
  'kms.example.com',
]) {
  test(`answerQuery() forwards ${name}, which is no name of KMS`, () => {
    assert.equal(answerQuery(queryFor(name), 'udp', contextOf()).kind, 'forward')
  })
}

test('answerQuery() forwards other names, or refuses them where there is nobody to forward to', () => {
  const query = queryFor('example.com')

  assert.equal(answerQuery(query, 'udp', contextOf()).kind, 'forward')
  assert.equal(codeOf(answerTo(query, contextOf({ canForward: false }))), 'REFUSED')
})

test('answerQuery() refuses several questions, other classes and other kinds of query', () => {
  const name = 'kms.us-west-2.amazonaws.com'
  const twice = queryFor(name, {
    questions: [
      { type: 'A', name },
      { type: 'A', name },
    ],
  })
  const chaos = queryFor(name, { questions: [{ type: 'A', name, class: 'CH' }] })
  const status = queryFor(name)
  status[2]! |= 0x10

  for (const query of [twice, chaos, status]) assert.equal(codeOf(answerTo(query)), 'REFUSED')
})

const opt = (ednsVersion: number) => ({
  type: 'OPT' as const,
  name: '.' as const,
  udpPayloadSize: 1_232,
  flags: 0,
  options: [],
  extendedRcode: 0,
  ednsVersion,
  flag_do: false,
})

test('answerQuery() answers another version of EDNS with BADVERS and the version that it speaks', () => {
  const packet = answerTo(queryFor('kms.us-west-2.amazonaws.com', { additionals: [opt(1)] }))

  const answered = packet.additionals?.find(record => record.type === 'OPT')
  assert.deepEqual([answered?.extendedRcode, answered?.ednsVersion, codeOf(packet)], [1, 0, 'NOERROR'])
  assert.deepEqual(packet.answers, [])
})

test('answerQuery() answers what it cannot read with FORMERR, under the same id', () => {
  const good = queryFor('kms.us-west-2.amazonaws.com')
  const twoOptions = queryFor('kms.us-west-2.amazonaws.com', { additionals: [opt(0), opt(0)] })

  for (const bytes of [good.subarray(0, 12), good.subarray(0, 20), twoOptions]) {
    const packet = answerTo(bytes)

    assert.deepEqual([codeOf(packet), packet.id, packet.questions], ['FORMERR', 7, []])
  }
})

test('failedQuery() says SERVFAIL to a question, and to what has none', () => {
  const packet = decode(failedQuery(queryFor('example.com', { additionals: [opt(0)] })))
  const bare = decode(failedQuery(queryFor('example.com').subarray(0, 12)))

  assert.deepEqual([codeOf(packet), packet.id, packet.questions?.[0]?.name], ['SERVFAIL', 7, 'example.com'])
  assert.deepEqual([codeOf(bare), bare.id], ['SERVFAIL', 7])
  assert.equal((packet as unknown as { flags: number }).flags & AUTHORITATIVE_ANSWER, 0)
})

test('answerQuery() never answers an answer, nor what is too short', () => {
  const response = queryFor('kms.us-west-2.amazonaws.com')
  response[2]! |= 0x80

  for (const bytes of [response, Buffer.alloc(0), Buffer.alloc(11), response.subarray(0, 12)]) {
    assert.equal(answerQuery(bytes, 'udp', contextOf()).kind, 'silence')
  }
})

test('answerQuery() cuts an answer that is too long for UDP, and gives it whole over TCP', () => {
  const interfaces = Array.from({ length: 60 }, (_, index) => ({
    ...endpoint.interfaces[0]!,
    interfaceId: `eni-${index}`,
    address: `10.0.1.${index + 1}`,
  }))
  const context = contextOf({ endpoint: { interfaces } })
  const query = queryFor('kms.us-west-2.amazonaws.com')

  assert.equal(answerTo(query, context).flag_tc, true)
  assert.equal(addressesIn(answerTo(query, context, 'tcp')).length, 60)
})

test('answerQuery() survives any bytes: random, truncated, with pointers in circles, with huge counts', () => {
  const good = queryFor('kms.us-west-2.amazonaws.com')
  const loop = Buffer.concat([good.subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])])
  const counts = Buffer.from(good)
  counts.fill(0xff, 4, 12)

  for (const bytes of [loop, counts]) answerQuery(bytes, 'udp', contextOf())
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(good.length), fc.nat(255), (bytes, at, value) => {
      answerQuery(Buffer.from(bytes), 'udp', contextOf())
      answerQuery(good.subarray(0, at), 'udp', contextOf())
      const changed = Buffer.from(good)
      changed[at % good.length] = value
      answerQuery(changed, 'tcp', contextOf())
    }),
    { seed: 20_261_124, numRuns: 2_000 },
  )
})
