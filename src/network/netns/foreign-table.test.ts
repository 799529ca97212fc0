import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Namespaces } from './namespaces.ts'

const vpcId = 'vpc-0123456789abcdef0'
const plan = { vpcId, window: 1, sources: [], gateways: [], resolvers: [], doors: [], workloads: [] }

const loopback = (...flags: readonly string[]) => [{ ifname: 'lo', flags }]
const bridge = { ifname: 'postern0', ifalias: `postern 01234567 ${vpcId}`, flags: ['UP'] }

/** A machine with one namespace of the operator's, which has nothing but some tables of rules. */
function machineWith(tables: string, links = loopback('LOOPBACK', 'UP')) {
  const loaded: string[] = []
  const machine = { tables, links: links as readonly object[] }
  const run = (words: readonly string[], input = ''): Promise<string> => {
    const line = words.join(' ')
    if (line === 'ip -j netns list') return Promise.resolve('[{"name":"office"}]')
    if (line.endsWith('nft list tables')) return Promise.resolve(machine.tables)
    if (line.endsWith('addr show')) return Promise.resolve(JSON.stringify(machine.links))
    if (input.startsWith('link add postern0 ')) machine.links = [...links, bridge]
    if (line.endsWith('nft -f -')) loaded.push(input)
    return Promise.resolve('')
  }
  const foreign = new Map([[vpcId, 'office']])
  return {
    namespaces: new Namespaces({ installation: '01234567', foreign, run, identityOf: () => '1' }),
    loaded,
    machine,
  }
}

for (const table of ['inet postern', 'bridge postern']) {
  void test(`settle() leaves a table "${table}" alone that is in the operator's namespace and not of its making`, async () => {
    const { namespaces, loaded } = machineWith(`table ip filter\ntable ${table}\n`)

    const { problems } = await namespaces.settle([plan], { endpoint: 443, resolver: 53 })

    assert.match(problems[0]!.reason, new RegExp(`a table "${table}"`))
    assert.deepEqual(loaded, [])
  })
}

void test("settle() adds its own tables beside others of the operator's", async () => {
  const { namespaces, loaded } = machineWith('table ip filter\ntable inet postern-office\n')

  const { problems } = await namespaces.settle([plan], { endpoint: 443, resolver: 53 })

  assert.deepEqual([problems, loaded.length], [[], 1])
})

void test("settle() says how to make the loopback interface of the operator's namespace go up, without which no door is reached", async () => {
  const { namespaces, loaded } = machineWith('', loopback('LOOPBACK'))

  const { problems } = await namespaces.settle([plan], { endpoint: 443, resolver: 53 })

  assert.match(problems[0]!.reason, /"ip -n office link set lo up"$/)
  assert.deepEqual(loaded, [])
})

void test("settle() loads its tables again where the operator's rules were loaded in the place of all", async () => {
  const { namespaces, loaded, machine } = machineWith('')
  const ports = { endpoint: 443, resolver: 53 }
  await namespaces.settle([plan], ports)
  machine.tables = 'table inet postern\ntable bridge postern\n'
  await namespaces.settle([plan], ports)
  const undisturbed = loaded.length

  machine.tables = 'table inet firewall\ntable bridge postern\n'
  const { problems } = await namespaces.settle([plan], ports)

  assert.deepEqual([undisturbed, loaded.length, problems], [1, 2, []])
})
