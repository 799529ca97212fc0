import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import type { VpcView } from '../doors/network-view.ts'
import type { VpcValue } from '../model/records.ts'
import { noVpcClients } from '../model/vpc-clients.ts'
import type { HelperChannel } from './helper-channel.ts'
import { namespaceName } from './names.ts'
import { Namespaces } from './namespaces.ts'
import { NetnsDriver } from './netns-driver.ts'
import { parseHelperAnswer } from './protocol.ts'

const vpcId = 'vpc-0123456789abcdef0'
const installation = '01234567'
const name = namespaceName(installation, 1)
const ports = { endpoint: 443, resolver: 53 }
const plan = { vpcId, window: 1, sources: [], gateways: [], resolvers: [], doors: [], workloads: [] }

/** A machine whose namespaces have numbers. */
function machine() {
  const numbers = new Map<string, number>()
  const ran: string[] = []
  let last = 0
  const make = (): void => void numbers.set(name, ++last)
  const run = (words: readonly string[]): Promise<string> => {
    const line = words.join(' ')
    ran.push(line)
    if (line === 'ip -j netns list')
      return Promise.resolve(JSON.stringify([...numbers.keys()].map(one => ({ name: one }))))
    if (line === `ip netns add ${name}`) make()
    return Promise.resolve('')
  }
  const identityOf = (one: string): string | undefined => numbers.get(one)?.toString()
  const namespaces = new Namespaces({ installation, foreign: new Map(), run, identityOf })
  return { namespaces, ran, make, vanish: () => numbers.delete(name) }
}

void test('settle() only lists the names where nothing has changed', async () => {
  const { namespaces, ran } = machine()
  const first = await namespaces.settle([plan], ports)
  ran.length = 0

  const second = await namespaces.settle([plan], ports)

  assert.deepEqual(second, first)
  assert.deepEqual(ran, ['ip -j netns list'])
})

void test('settle() makes a namespace again that somebody has deleted, and tells of another place', async () => {
  const { namespaces, vanish } = machine()
  const before = await namespaces.settle([plan], ports)
  vanish()

  const after = await namespaces.settle([plan], ports)

  assert.deepEqual(before, { problems: [], places: [{ vpcId, place: `${name} 1` }] })
  assert.deepEqual(after, { problems: [], places: [{ vpcId, place: `${name} 2` }] })
  assert.equal(namespaces.find(vpcId)?.place, `${name} 2`)
})

void test('settle() touches nothing in a namespace that somebody has put in the place of ours, and tells that ours is gone', async () => {
  const { namespaces, ran, vanish, make } = machine()
  await namespaces.settle([plan], ports)
  vanish()
  make()
  ran.length = 0

  const { problems, places } = await namespaces.settle([plan], ports)

  assert.match(problems[0]!.reason, /without Postern’s mark: nothing in it was touched/)
  assert.deepEqual(places, [{ vpcId, place: `${name} 2` }])
  assert.equal(namespaces.find(vpcId), undefined)
  assert.ok(!ran.some(line => line.includes('nft') || line.includes('batch')), ran.join('\n'))
})

const wrongPlaces: Readonly<Record<string, unknown>> = {
  'no list of them': undefined,
  'one of no VPC': [{ vpcId: 'x', place: `${name} 1` }],
  'one that is no text': [{ vpcId, place: 1 }],
  'one without end': [{ vpcId, place: 'x'.repeat(301) }],
}

for (const [what, places] of Object.entries(wrongPlaces)) {
  void test(`parseHelperAnswer() refuses places with ${what}`, () => {
    assert.equal(parseHelperAnswer({ kind: 'settled', id: 1, problems: [], places }), undefined)
  })
}

const vpc = { vpcId, window: 1, cidr: '10.0.0.0/16', enableDnsSupport: true } as VpcValue
const view: VpcView = {
  vpc,
  endpoints: [],
  groups: new Map(),
  subnets: new Map(),
  ipv6Subnets: [],
  borders: [],
  clients: noVpcClients(vpcId),
}

/** Lets everything go on that waits for no timer. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A driver whose helper tells the place that `now` has; each connection is counted, and can be ended. */
function drivenFrom(now: { place: string }) {
  const ends: (() => void)[] = []
  const connect = (): Promise<HelperChannel> => {
    let hear: (message: unknown, handle: unknown) => void = () => undefined
    return Promise.resolve({
      send(message) {
        const { id } = message as { readonly id: number }
        const { place } = now
        queueMicrotask(() => hear({ kind: 'settled', id, problems: [], places: [{ vpcId, place }] }, undefined))
      },
      onMessage: listener => void (hear = listener),
      onEnd: listener => void ends.push(listener),
      close: () => undefined,
    })
  }
  return { driver: new NetnsDriver({ ports, connect, report: () => undefined }), ends }
}

void test('the driver looks again after ten seconds, and says only then that a VPC has moved when it has', async t => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.after(() => mock.timers.reset())
  const now = { place: 'a 1' }
  const { driver } = drivenFrom(now)
  let moves = 0
  driver.onMoved(() => moves++)
  await driver.settle([view])
  const look = async (): Promise<readonly [string, number]> => {
    mock.timers.tick(10_000)
    await turn()
    return [driver.placeOf(vpc), moves]
  }

  const same = await look()
  now.place = 'a 2'
  const other = await look()
  const still = await look()

  assert.deepEqual(
    [same, other, still],
    [
      ['a 1', 0],
      ['a 2', 1],
      ['a 2', 1],
    ],
  )
  await driver[Symbol.asyncDispose]()
})

void test('the driver asks for another helper soon after one has ended, without a change of the networks', async t => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.after(() => mock.timers.reset())
  const now = { place: 'a 1' }
  const { driver, ends } = drivenFrom(now)
  await driver.settle([view])
  now.place = 'a 2'

  ends[0]!()
  mock.timers.tick(500)
  await turn()

  assert.deepEqual([ends.length, driver.placeOf(vpc)], [2, 'a 2'])
  await driver[Symbol.asyncDispose]()
})
