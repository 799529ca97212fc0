import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RECURSION_DESIRED, decode, encode } from 'dns-packet'
import type { DecodedPacket, Packet, RecordType } from 'dns-packet'
import type { EndpointValue, VpcValue } from '../model/records.ts'
import { answerQuery } from './answer-query.ts'
import { noVpcClients } from '../model/vpc-clients.ts'
import type { QueryContext } from './answer-query.ts'
import { ownedZones } from './owned-zones.ts'

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
      ipv6Subnets: [],
      borders: [],
      clients: noVpcClients('vpc-1'),
    },
    zones: ownedZones({
      regions: ['us-west-2'],
      servedNames: ['kms.us-west-2.amazonaws.com', 'sts.us-west-2.amazonaws.com', 'sts.amazonaws.com'],
    }),
    servedAddress: address => address,
    hasIpv6: true,
    isOpen: () => true,
    canForward: true,
    turn: 0,
    ...others,
  }
}

const queryFor = (name: string, more: Partial<Packet> = {}, type: RecordType = 'A'): Buffer =>
  encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ type, name, class: 'IN' }], ...more })

/** The answer to a query, decoded. */
function answerTo(bytes: Buffer, context = contextOf(), transport: 'udp' | 'tcp' = 'udp'): DecodedPacket {
  const outcome = answerQuery(bytes, transport, context)
  assert.ok('bytes' in outcome, outcome.kind)
  return decode(outcome.bytes)
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

test('answerQuery() answers all addresses of an endpoint in six zones within the 512 bytes that every client takes', () => {
  const interfaces = Array.from({ length: 6 }, (_, at) => ({
    interfaceId: `eni-${at}`,
    subnetId: `subnet-${at}`,
    zone: `us-west-2${'abcdef'[at]}`,
    address: `10.0.${at}.5`,
  }))
  const name = `${stem}.kms.us-west-2.vpce.amazonaws.com`
  const context = contextOf({ endpoint: { interfaces } })

  const packet = answerTo(queryFor(name), context)

  assert.equal(packet.flag_tc, false)
  assert.deepEqual(
    packet.answers!.map(answer => answer.name),
    interfaces.map(() => name),
  )
  assert.deepEqual(
    addressesIn(packet),
    interfaces.map(({ address }) => address),
  )
})

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

// The library knows it, its types do not.
const any = 'ANY' as RecordType
const kmsName = 'kms.us-west-2.amazonaws.com'

for (const type of ['AXFR', 'IXFR', 'TKEY', 'TSIG'] as const) {
  for (const name of [kmsName, 'example.com']) {
    test(`answerQuery() refuses ${type} of ${name}`, () => {
      assert.equal(codeOf(answerTo(queryFor(name, {}, type))), 'REFUSED')
    })
  }
}

for (const questionClass of ['CH', 'HS', 'ANY'] as const) {
  test(`answerQuery() refuses the class ${questionClass}`, () => {
    const query = queryFor(kmsName, { questions: [{ type: 'A', name: kmsName, class: questionClass }] })

    assert.equal(codeOf(answerTo(query)), 'REFUSED')
  })
}

for (const [opcode, name] of [
  [1, 'IQUERY'],
  [2, 'STATUS'],
  [4, 'NOTIFY'],
  [5, 'UPDATE'],
  [15, 'number 15'],
] as const) {
  test(`answerQuery() answers a message of kind ${name} with NOTIMP, and nothing but a header`, () => {
    const message = queryFor(kmsName)
    message[2]! |= opcode << 3

    const outcome = answerQuery(message, 'udp', contextOf())
    assert.equal(outcome.kind, 'refusal')
    assert.equal((outcome as { bytes: Buffer }).bytes.length, 12)
    assert.deepEqual(
      [codeOf(answerTo(message)), (answerTo(message) as unknown as { opcode: string }).opcode],
      ['NOTIMP', (decode(message) as unknown as { opcode: string }).opcode],
    )
  })
}

test('answerQuery() answers several questions, and none, with FORMERR', () => {
  const questions = [
    { type: 'A', name: kmsName },
    { type: 'A', name: kmsName },
  ] as const

  for (const query of [queryFor(kmsName, { questions: [...questions] }), queryFor(kmsName, { questions: [] })]) {
    assert.equal(codeOf(answerTo(query)), 'FORMERR')
  }
})

test('answerQuery() answers a query that brings answers along with FORMERR: nobody may tell us records', () => {
  const record = { type: 'A', name: kmsName, data: '192.0.2.66' } as const

  for (const more of [{ answers: [record] }, { authorities: [record] }]) {
    assert.equal(codeOf(answerTo(queryFor(kmsName, more))), 'FORMERR')
  }
})

test('answerQuery() refuses other names to who does not ask for recursion: what others have asked is nobody’s business', () => {
  const query = queryFor('example.com', { flags: 0 })

  assert.equal(codeOf(answerTo(query)), 'REFUSED')
})

test('answerQuery() says that it is there for other names only where it forwards', () => {
  for (const canForward of [true, false]) {
    assert.equal(answerTo(queryFor(kmsName), contextOf({ canForward })).flag_ra, canForward)
  }
})

test('answerQuery() answers ANY of its names with one record that says no more, and of others over TCP alone', () => {
  const own = answerTo(queryFor(kmsName, {}, any))
  const other = answerTo(queryFor('example.com', {}, any))

  assert.deepEqual([own.answers?.length, own.answers?.[0]?.type], [1, 'HINFO'])
  assert.deepEqual([other.flag_tc, other.answers, codeOf(other)], [true, [], 'NOERROR'])
  assert.equal(answerQuery(queryFor('example.com', {}, any), 'tcp', contextOf()).kind, 'forward')
  assert.equal(codeOf(answerTo(queryFor('x.kms.us-west-2.amazonaws.com', {}, any))), 'NXDOMAIN')
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

test('answerQuery() repeats the DO bit, and overlooks options that it does not know', () => {
  const cookie = { code: 10, data: Buffer.from('0123456789abcdef', 'hex') } as const
  const unknown = { code: 65_001, data: Buffer.alloc(300) }
  const asked = { ...opt(0), flags: 0x80_00, options: [cookie, unknown] as unknown as [] }

  const packet = answerTo(queryFor(kmsName, { additionals: [asked] }))

  const answered = packet.additionals?.[0]
  assert.ok(answered?.type === 'OPT')
  assert.deepEqual([answered.flag_do, answered.options, answered.udpPayloadSize], [true, [], 1_232])
  assert.deepEqual(addressesIn(packet), ['10.0.1.5', '10.0.2.5'])
})

test('answerQuery() answers without EDNS who asked without it', () => {
  assert.deepEqual(answerTo(queryFor(kmsName)).additionals, [])
})

for (const udpPayloadSize of [0, 100, 512, 700, 1_232, 4_096, 65_535]) {
  test(`answerQuery() sends over UDP to who takes ${udpPayloadSize} bytes no more than that, and never more than 1232`, () => {
    const interfaces = Array.from({ length: 90 }, (_, index) => ({
      ...endpoint.interfaces[0]!,
      interfaceId: `eni-${index}`,
      address: `10.0.1.${index + 1}`,
    }))
    const limit = Math.max(512, Math.min(1_232, udpPayloadSize))
    const sizes = interfaces.map((_, count) => {
      const context = contextOf({ endpoint: { interfaces: interfaces.slice(0, count + 1) } })
      const query = queryFor(kmsName, { additionals: [{ ...opt(0), udpPayloadSize: Math.max(1, udpPayloadSize) }] })
      const outcome = answerQuery(query, 'udp', context)
      assert.ok(outcome.kind === 'answer')
      const packet = decode(outcome.bytes)
      assert.ok(packet.flag_tc || addressesIn(packet).length === count + 1)
      return outcome.bytes.length
    })

    assert.ok(Math.max(...sizes) <= limit)
    assert.ok(Math.max(...sizes) > limit - 50)
  })
}

test('answerQuery() repeats the question byte for byte: the case of its letters, and bytes that are no text', () => {
  const spelled = queryFor('kMs.Us-WEST-2.amazonAWS.com')
  const strange = queryFor('xx.example.com')
  strange.writeUInt16BE(0xff_fe, 13)

  for (const query of [spelled, strange]) {
    const outcome = answerQuery(query, 'udp', contextOf({ canForward: false }))
    assert.ok('bytes' in outcome)
    assert.deepEqual(outcome.bytes.subarray(12, query.length), query.subarray(12))
  }
  assert.equal(answerTo(spelled).answers?.[0]?.name, 'kMs.Us-WEST-2.amazonAWS.com')
})

test('answerQuery() takes a label that has dots in it for no name of ours', () => {
  const query = queryFor('example.com')
  const label = Buffer.from(kmsName)
  const dotted = Buffer.concat([
    query.subarray(0, 12),
    Buffer.from([label.length]),
    label,
    Buffer.from([0, 0, 1, 0, 1]),
  ])

  assert.equal(codeOf(answerTo(dotted, contextOf({ canForward: false }))), 'REFUSED')
})

for (const [what, label] of Object.entries({
  'of bytes that are no text': Buffer.alloc(63, 0xff),
  'that is a backslash': Buffer.from('\\\\'),
})) {
  test(`answerQuery() denies KMS in a Region ${what} in the name that was asked for alone`, () => {
    const region = Buffer.concat([Buffer.from([label.length]), label])
    const [head, tail] = [queryFor('kms'), queryFor('amazonaws.com')]
    const query = Buffer.concat([head.subarray(0, 16), region, tail.subarray(12)])

    const outcome = answerQuery(query, 'tcp', contextOf())

    assert.ok(outcome.kind === 'answer')
    assert.equal(codeOf(decode(outcome.bytes)), 'NXDOMAIN')
    assert.deepEqual(outcome.bytes.subarray(12), query.subarray(12))
  })
}

test('answerQuery() never answers an answer, nor what is too short', () => {
  const response = queryFor('kms.us-west-2.amazonaws.com')
  response[2]! |= 0x80

  for (const bytes of [response, Buffer.alloc(0), Buffer.alloc(11), response.subarray(0, 12)]) {
    assert.equal(answerQuery(bytes, 'udp', contextOf()).kind, 'silence')
  }
})

test('answerQuery() cuts an answer that is too long for UDP, and gives it whole over TCP', () => {
  const interfaces = Array.from({ length: 90 }, (_, index) => ({
    ...endpoint.interfaces[0]!,
    interfaceId: `eni-${index}`,
    address: `10.0.1.${index + 1}`,
  }))
  const context = contextOf({ endpoint: { interfaces } })
  const query = queryFor('kms.us-west-2.amazonaws.com')

  assert.equal(answerTo(query, context).flag_tc, true)
  assert.equal(addressesIn(answerTo(query, context, 'tcp')).length, 90)
})

type Types = Pick<EndpointValue, 'ipAddressType' | 'dnsRecordIpType'>
const regional = `${stem}.kms.us-west-2.vpce.amazonaws.com`
const zonal = `${stem}-us-west-2b.kms.us-west-2.vpce.amazonaws.com`
const dualstack = {
  interfaces: endpoint.interfaces.map((one, index) => ({ ...one, ipv6Address: `2001:db8::${index + 5}` })),
}
const ipv6Alone = { interfaces: dualstack.interfaces.map(({ address: _ipv4, ...one }) => one) }

for (const [types, own, known] of [
  [{}, 'A', 'A'],
  [{ ipAddressType: 'ipv4' }, 'A', 'A'],
  [{ ipAddressType: 'ipv6' }, 'AAAA', 'AAAA'],
  [{ ipAddressType: 'dualstack' }, 'A AAAA', 'A AAAA'],
  [{ ipAddressType: 'dualstack', dnsRecordIpType: 'ipv4' }, 'A', 'A'],
  [{ ipAddressType: 'dualstack', dnsRecordIpType: 'ipv6' }, 'AAAA', 'AAAA'],
  [{ ipAddressType: 'dualstack', dnsRecordIpType: 'dualstack' }, 'A AAAA', 'A AAAA'],
  [{ ipAddressType: 'dualstack', dnsRecordIpType: 'service-defined' }, 'A AAAA', 'A'],
] as const satisfies readonly (readonly [Types, string, string])[]) {
  test(`answerQuery() has ${own} records of own names and ${known} of the private one for ${JSON.stringify(types)}`, () => {
    const addresses = 'ipAddressType' in types && types.ipAddressType === 'ipv6' ? ipv6Alone : dualstack
    const context = contextOf({ endpoint: { ...addresses, ...types } })
    const typesOf = (name: string): string =>
      (['A', 'AAAA'] as const)
        .filter(type => {
          const packet = answerTo(queryFor(name, {}, type), context)
          assert.equal(codeOf(packet), 'NOERROR')
          return (packet.answers ?? []).length > 0
        })
        .join(' ')

    assert.deepEqual([typesOf(regional), typesOf(zonal), typesOf(kmsName)], [own, own, known])
  })
}

test('answerQuery() answers AAAA with the interfaces’ IPv6 addresses, in another order each time', () => {
  const asked = (name: string, turn: number) =>
    addressesIn(
      answerTo(queryFor(name, {}, 'AAAA'), contextOf({ endpoint: { ...dualstack, ipAddressType: 'dualstack' }, turn })),
    )

  assert.deepEqual(asked(regional, 0), ['2001:db8::5', '2001:db8::6'])
  assert.deepEqual(asked(kmsName, 1), ['2001:db8::6', '2001:db8::5'])
  assert.deepEqual(asked(zonal, 1), ['2001:db8::6'])
})

test('answerQuery() has no AAAA records where no door is open at an IPv6 address', () => {
  const context = contextOf({ endpoint: { ...dualstack, ipAddressType: 'dualstack' }, hasIpv6: false })
  const packet = answerTo(queryFor(kmsName, {}, 'AAAA'), context)

  assert.deepEqual([codeOf(packet), packet.answers], ['NOERROR', []])
})

test('answerQuery() answers neither A nor AAAA for an endpoint of IPv6 alone where no door is open at an IPv6 address', () => {
  const context = contextOf({ endpoint: { ...ipv6Alone, ipAddressType: 'ipv6' }, hasIpv6: false })
  const packets = (['A', 'AAAA'] as const).map(type => answerTo(queryFor(kmsName, {}, type), context))

  for (const packet of packets) assert.deepEqual([codeOf(packet), packet.answers], ['NOERROR', []])
})

test('answerQuery() leaves out of names of several interfaces those whose door is not open, unless none is', () => {
  const one = contextOf({ isOpen: one => one.interfaceId === 'eni-2' })
  const none = contextOf({ isOpen: () => false })

  for (const name of [regional, kmsName]) {
    assert.deepEqual(addressesIn(answerTo(queryFor(name), one)), ['10.0.2.5'])
    assert.deepEqual(addressesIn(answerTo(queryFor(name), none)), ['10.0.1.5', '10.0.2.5'])
  }
  const first = `${stem}-us-west-2a.kms.us-west-2.vpce.amazonaws.com`
  assert.deepEqual(addressesIn(answerTo(queryFor(first), one)), ['10.0.1.5'])
})

test('answerQuery() knows the hosts of a VPC with DNS hostnames both ways, whoever has the addresses', () => {
  const back = answerTo(queryFor('17.1.0.10.in-addr.arpa', {}, 'PTR'))
  const forth = answerTo(queryFor('ip-10-0-1-17.us-west-2.compute.internal'))

  assert.deepEqual(addressesIn(back), ['ip-10-0-1-17.us-west-2.compute.internal'])
  assert.deepEqual(addressesIn(forth), ['10.0.1.17'])
})

for (const name of [
  'ip-10-1-1-17.us-west-2.compute.internal',
  'ip-10-0-1-256.us-west-2.compute.internal',
  'ip-10-0-01-17.us-west-2.compute.internal',
  'x.ip-10-0-1-17.us-west-2.compute.internal',
  'web.us-west-2.compute.internal',
  'x.17.1.0.10.in-addr.arpa',
  '256.1.0.10.in-addr.arpa',
  '017.1.0.10.in-addr.arpa',
]) {
  test(`answerQuery() denies ${name}: no host of the VPC has it`, () => {
    assert.equal(codeOf(answerTo(queryFor(name, {}, 'PTR'))), 'NXDOMAIN')
  })
}

test('answerQuery() does not deny what is above hosts, and has its SOA record at the top', () => {
  for (const name of ['0.10.in-addr.arpa', '1.0.10.in-addr.arpa', 'us-west-2.compute.internal']) {
    assert.deepEqual([codeOf(answerTo(queryFor(name))), answerTo(queryFor(name)).answers], ['NOERROR', []])
  }
  assert.equal(answerTo(queryFor('0.10.in-addr.arpa', {}, 'SOA')).answers?.length, 1)
})

test('answerQuery() leaves hosts to others where the VPC has no DNS hostnames, and addresses of others always', () => {
  const off = contextOf({ vpc: { enableDnsHostnames: false } })

  for (const name of ['17.1.0.10.in-addr.arpa', 'ip-10-0-1-17.us-west-2.compute.internal']) {
    assert.equal(answerQuery(queryFor(name, {}, 'PTR'), 'udp', off).kind, 'forward')
  }
  for (const name of ['17.1.1.10.in-addr.arpa', '10.in-addr.arpa', 'ip-10-0-1-17.eu-west-1.compute.internal']) {
    assert.equal(answerQuery(queryFor(name, {}, 'PTR'), 'udp', contextOf()).kind, 'forward')
  }
})
