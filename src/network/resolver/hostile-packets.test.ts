import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import type { RecordType } from 'dns-packet'
import * as fc from 'fast-check'
import { noVpcClients } from '../model/vpc-clients.ts'
import { answerQuery } from './answer-query.ts'
import type { QueryContext, QueryOutcome } from './answer-query.ts'
import { ownedZones } from './owned-zones.ts'
import { parseQuery } from './parse-query.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpcId = 'vpc-0123456789abcdef0'
const context: QueryContext = {
  view: {
    vpc: { ...owned, vpcId, cidr: '10.0.0.0/16', window: 1, enableDnsSupport: true, enableDnsHostnames: true },
    endpoints: [
      {
        ...owned,
        endpointId: 'vpce-0123456789abcdef0',
        vpcId,
        service: 'kms',
        serviceName: 'com.amazonaws.us-west-2.kms',
        state: 'available',
        interfaces: Array.from({ length: 40 }, (_, index) => ({
          interfaceId: `eni-${index}`,
          subnetId: 'subnet-1',
          zone: 'us-west-2a',
          address: `10.0.1.${index + 4}`,
          ipv6Address: `2001:db8::${index + 4}`,
        })),
        ipAddressType: 'dualstack',
        groupIds: [],
        policy: '',
        privateDnsEnabled: true,
        dnsLabel: 'lj2wisx3',
        privateZoneId: 'Z1',
        createdAt: 0,
      },
    ],
    groups: new Map(),
    ipv6Subnets: [],
    borders: [],
    subnets: new Map(),
    clients: noVpcClients(vpcId),
  },
  zones: ownedZones({
    regions: ['us-west-2'],
    servedNames: ['kms.us-west-2.amazonaws.com', 'sts.us-west-2.amazonaws.com'],
  }),
  servedAddress: address => address,
  hasIpv6: true,
  isOpen: () => true,
  canForward: false,
  turn: 7,
}

const ownNames = [
  'kms.us-west-2.amazonaws.com',
  'KMS.us-west-2.amazonAWS.com',
  'vpce-0123456789abcdef0-lj2wisx3.kms.us-west-2.vpce.amazonaws.com',
  'kms.eu-west-1.amazonaws.com',
  'vpce.amazonaws.com',
  '4.1.0.10.in-addr.arpa',
  'ip-10-0-1-4.us-west-2.compute.internal',
]
const label = fc
  .uint8Array({ minLength: 1, maxLength: 63 })
  .map(bytes => Buffer.concat([Buffer.from([bytes.length]), Buffer.from(bytes)]))
const foreignName = fc
  .array(label, { maxLength: 3 })
  .map(labels => Buffer.concat([...labels, Buffer.from('\u0007example\u0000', 'latin1')]))
const ownName = fc.constantFrom(...ownNames).map(encodedName)
const type = fc.oneof(fc.constantFrom(1, 6, 12, 28, 41, 252, 255), fc.nat(65_535))
const options = fc.uint8Array({ maxLength: 40 }).map(data => {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(10, 0)
  head.writeUInt16BE(data.length, 2)
  return data.length === 0 ? Buffer.alloc(0) : Buffer.concat([head, Buffer.from(data)])
})
const opt = fc
  .record({ size: fc.nat(65_535), version: fc.constantFrom(0, 0, 0, 1, 255), flags: fc.nat(65_535), options })
  .map(edns => optBytes(edns))

/** A well-formed query of whatever kind. */
function query(name: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .record({
      id: fc.nat(65_535),
      flags: fc.constantFrom(0, 0x01_00, 0x01_20, 0x01_10, 0x06_00),
      name,
      type,
      opt: fc.option(opt),
    })
    .map(parts => {
      const head = Buffer.alloc(12)
      head.writeUInt16BE(parts.id, 0)
      head.writeUInt16BE(parts.flags, 2)
      head.writeUInt16BE(1, 4)
      head.writeUInt16BE(parts.opt === null ? 0 : 1, 10)
      const question = Buffer.alloc(4)
      question.writeUInt16BE(parts.type, 0)
      question.writeUInt16BE(1, 2)
      return Buffer.concat([head, parts.name, question, ...(parts.opt === null ? [] : [parts.opt])])
    })
}

function encodedName(name: string): Buffer {
  const parts = name.split('.').map(part => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]))
  return Buffer.concat([...parts, Buffer.from([0])])
}

function optBytes(edns: {
  readonly size: number
  readonly version: number
  readonly flags: number
  readonly options: Buffer
}): Buffer {
  const bytes = Buffer.alloc(11)
  bytes.writeUInt16BE(41, 1)
  bytes.writeUInt16BE(edns.size, 3)
  bytes[6] = edns.version
  bytes.writeUInt16BE(edns.flags, 7)
  bytes.writeUInt16BE(edns.options.length, 9)
  return Buffer.concat([bytes, edns.options])
}

/** Bytes changed, cut off, doubled or put in, at any place. */
const mutated = fc
  .record({
    bytes: query(fc.oneof(ownName, foreignName)),
    changes: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
    cut: fc.option(fc.nat(300)),
    tail: fc.uint8Array({ maxLength: 30 }),
  })
  .map(({ bytes, changes, cut, tail }) => {
    const changed = Buffer.from(bytes)
    for (const [at, value] of changes) changed[at % changed.length] = value
    return Buffer.concat([cut === null ? changed : changed.subarray(0, cut), Buffer.from(tail)])
  })
const random = fc.uint8Array({ maxLength: 700 }).map(bytes => Buffer.from(bytes))
/** Random behind a header that looks like a query. */
const headed = random.map(bytes => Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), bytes]))
const any = fc.oneof(mutated, random, headed, query(ownName), query(foreignName))
const runs = { seed: 20_261_125, numRuns: 2_000 }

/** What holds of every outcome, whatever was sent. */
function checkOutcome(bytes: Buffer, transport: 'udp' | 'tcp', outcome: QueryOutcome): void {
  if (bytes.length < 12 || (bytes[2]! & 0x80) !== 0) return assert.equal(outcome.kind, 'silence')
  assert.ok(outcome.kind === 'answer' || outcome.kind === 'refusal', outcome.kind)
  const answers = [outcome.bytes, ...(outcome.kind === 'refusal' ? [outcome.shorter] : [])]
  for (const answer of answers) {
    if (answer === undefined) continue
    const packet = decode(answer)
    assert.equal(packet.type, 'response')
    assert.equal(packet.id, bytes.readUInt16BE(0))
    assert.equal(decode.bytes, answer.length)
    assert.ok(answer.length <= (transport === 'udp' ? 1_232 : 65_535))
  }
}

test('answerQuery() throws for no packet, answers no answer, gives what can be read under the same id, within the limit', () => {
  fc.assert(
    fc.property(any, fc.constantFrom('udp', 'tcp'), (bytes, transport) => {
      checkOutcome(bytes, transport, answerQuery(bytes, transport, context))
    }),
    runs,
  )
})

test('answerQuery() answers what is not its own with no more bytes than came', () => {
  fc.assert(
    fc.property(fc.oneof(query(foreignName), mutated, random, headed), fc.boolean(), (bytes, canForward) => {
      const outcome = answerQuery(bytes, 'udp', { ...context, canForward })
      if (outcome.kind === 'refusal') {
        assert.ok(outcome.bytes.length <= Math.max(12, bytes.length))
        assert.ok((outcome.shorter?.length ?? 0) <= bytes.length)
      }
      if (outcome.kind === 'answer' && decode(outcome.bytes).flag_tc) assert.ok(outcome.bytes.length <= bytes.length)
    }),
    runs,
  )
})

test('answerQuery() denies with at most five times the bytes that came', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ownNames), fc.nat(65_535), (name, asked) => {
      const bytes = encode({ type: 'query', id: 1, questions: [{ type: 'A', name: `x.${name}` }] })
      bytes.writeUInt16BE(asked, bytes.length - 4)
      const outcome = answerQuery(bytes, 'udp', context)
      assert.ok('bytes' in outcome)
      assert.ok(outcome.bytes.length <= 5 * bytes.length, `${outcome.bytes.length} for ${bytes.length}`)
    }),
    runs,
  )
})

test('parseQuery() reads every query that the library writes as the library means it', () => {
  const names = fc.domain({ size: 'small' })
  fc.assert(
    fc.property(
      names,
      fc.nat(65_535),
      fc.constantFrom<RecordType>('A', 'AAAA', 'TXT', 'MX'),
      fc.boolean(),
      (name, id, asked, edns) => {
        const additional = {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1_400,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        } as const
        const bytes = encode({
          type: 'query',
          id,
          questions: [{ type: asked, name }],
          additionals: edns ? [{ ...additional, options: [] }] : [],
        })
        const parsed = parseQuery(bytes)
        assert.ok(parsed.kind === 'query')
        const { question } = parsed.query
        assert.deepEqual([parsed.query.id, question.name, question.class], [id, name.toLowerCase(), 1])
        assert.equal(parsed.query.edns?.udpPayloadSize, edns ? 1_400 : undefined)
      },
    ),
    { ...runs, numRuns: 500 },
  )
})

const head = Buffer.from('000701000001000000000000', 'hex')
const tail = Buffer.from('00010001', 'hex')
const name = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))

for (const [what, encoded] of Object.entries({
  'a pointer to itself': name(0xc0, 12),
  'a pointer to the header': name(0xc0, 0),
  'a pointer behind a label that it points to': name(1, 'a', 0xc0, 12),
  'a pointer past the end': name(0xff, 0xff),
  'a label of 64 bytes': name(64, 'a'.repeat(64), 0),
  'a label of the reserved kind 10': name(0x80, 'a', 0),
  'a label that goes on past the end': name(63, 'a'),
  'a name of 256 bytes': Buffer.concat([name(2, 'aa'), ...Array.from({ length: 126 }, () => name(1, 'a')), name(0)]),
  'a name without an end': Buffer.concat(Array.from({ length: 400 }, () => name(1, 'a'))),
})) {
  test(`parseQuery() cannot read ${what}`, () => {
    assert.deepEqual(parseQuery(Buffer.concat([head, encoded, tail])), { kind: 'unreadable', code: 1 })
  })
}

test('parseQuery() reads a name of 255 bytes, and the root', () => {
  const longest = Buffer.concat([...Array.from({ length: 127 }, () => name(1, 'A')), name(0)])

  for (const encoded of [longest, name(0)]) {
    assert.equal(parseQuery(Buffer.concat([head, encoded, tail])).kind, 'query')
  }
})

const additionals = (count: number, ...records: readonly Buffer[]): Buffer => {
  const packet = Buffer.concat([head, name(1, 'a', 0), tail, ...records])
  packet.writeUInt16BE(count, 10)
  return packet
}
const plainOpt = optBytes({ size: 1_232, version: 0, flags: 0, options: Buffer.alloc(0) })

for (const [what, packet] of Object.entries({
  'bytes behind its end': additionals(0, Buffer.from([0])),
  'fewer records than it says': additionals(2, plainOpt),
  'EDNS twice': additionals(2, plainOpt, plainOpt),
  'EDNS under a name': additionals(1, name(1, 'a'), plainOpt),
  'EDNS with half an option': additionals(
    1,
    optBytes({ size: 1_232, version: 0, flags: 0, options: Buffer.from('000a0008aa', 'hex') }),
  ),
  'more bytes than any query': additionals(
    1,
    optBytes({
      size: 1_232,
      version: 0,
      flags: 0,
      options: Buffer.concat([Buffer.from('000a1000', 'hex'), Buffer.alloc(4_096)]),
    }),
  ),
  'a record whose data go on past the end': additionals(1, Buffer.from('00001000010000000000ff', 'hex')),
})) {
  test(`parseQuery() cannot read a query with ${what}`, () => {
    assert.equal(parseQuery(packet).kind, 'unreadable')
  })
}

test('parseQuery() overlooks records that are not EDNS, and the names before them are not followed', () => {
  const record = Buffer.concat([name(0xc0, 0xff), Buffer.from('0010000100000000000161', 'hex')])

  const parsed = parseQuery(additionals(2, record, plainOpt))

  assert.ok(parsed.kind === 'query')
  assert.equal(parsed.query.edns?.udpPayloadSize, 1_232)
})

test('parseQuery() is done at once with a packet full of pointers to pointers', () => {
  const chain = Buffer.alloc(65_000, 0xc0)
  const packet = Buffer.concat([head, chain])
  packet.writeUInt16BE(10_000, 4)

  const startedAt = performance.now()
  for (let round = 0; round < 1_000; round++) parseQuery(packet)

  assert.ok(performance.now() - startedAt < 500)
})
