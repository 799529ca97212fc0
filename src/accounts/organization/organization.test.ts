import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, seededRandom } from '../../base/index.ts'
import { openMemoryStore, put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import { applyOrganization, removeOrganization } from './organization-changes.ts'
import { OrganizationSource, organizationMembers } from './organization-members.ts'
import { organizationCollection, organizationRecordId } from './organization-records.ts'
import type { OrganizationValue } from './organization-records.ts'
import { parseOrganization } from './parse-organization.ts'

const [manager, first, second] = ['111122223333', '444455556666', '777788889999']
const accounts = new Set([manager, first, second])
const policyOf = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
const denyRegions = policyOf({ Effect: 'Deny', Action: 'kms:*', Resource: '*' })
const perimeter = policyOf({ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' })
const documents = {
  service: new Map([
    ['./deny-regions.json', denyRegions],
    ['scp/more.json', denyRegions],
    ['with-principal.json', perimeter],
  ]),
  resource: new Map([
    ['./perimeter.json', perimeter],
    ['allowing.json', denyRegions.replace('Deny', 'Allow')],
    ['broken.json', '{\n  "Version": }'],
  ]),
}
const random = seededRandom(20_261_126)

const parse = (description: unknown) =>
  parseOrganization(description, { documents, hasAccount: id => accounts.has(id) })

/** Applies a description to what is there already. */
const apply = (description: unknown, present?: OrganizationValue): OrganizationValue => {
  const record = present === undefined ? undefined : { id: organizationRecordId, version: 1, value: present }
  return applyOrganization(parse(description), record, random).organization
}

const whole = {
  id: 'o-a1b2c3d4e5',
  managementAccount: manager,
  root: {
    id: 'r-ab12',
    servicePolicies: ['FullAWSAccess', './deny-regions.json'],
    resourcePolicies: ['RCPFullAWSAccess', './perimeter.json'],
    accounts: [manager],
    units: [
      {
        name: 'prod',
        units: [{ name: 'web', accounts: [{ id: first, servicePolicies: ['scp/more.json'] }] }],
      },
      { name: 'test', id: 'ou-ab12-11111111', accounts: [second] },
    ],
  },
}

const faults: readonly (readonly [what: string, description: unknown, message: string])[] = [
  ['a list', [], 'it must be an object'],
  ['no management account', {}, 'managementAccount is missing: give the twelve digits of an account'],
  [
    'a management account that is not there',
    { managementAccount: '999999999999' },
    'managementAccount is account 999999999999, which is not there: make it with "postern account create"',
  ],
  [
    'an id of another form',
    { id: 'o-short', managementAccount: manager },
    'id must be an id like o-a1b2c3d4e5, not "o-short"',
  ],
  [
    'an unknown member',
    { managementAccount: manager, root: { units: [{ name: 'a', acounts: [] }] } },
    'root.units[0] has the unknown member "acounts": did you mean "accounts"?',
  ],
  [
    'a name of the root',
    { managementAccount: manager, root: { name: 'Root' } },
    'root has the unknown member "name": it can have',
  ],
  ['units that are no list', { managementAccount: manager, root: { units: {} } }, 'root.units must be a list'],
  [
    'a unit without a name',
    { managementAccount: manager, root: { units: [{}] } },
    'root.units[0].name is missing: give a text of 1 to 128 characters without slash',
  ],
  [
    'two units of one name beside each other',
    { managementAccount: manager, root: { units: [{ name: 'a' }, { name: 'a' }] } },
    'root.units[1].name gives the name "a", which stands at root.units[0].name too',
  ],
  [
    'an account number',
    { managementAccount: manager, root: { accounts: [444_455_556_666] } },
    'root.accounts[0] must be an object',
  ],
  [
    'an account that is not there',
    { managementAccount: manager, root: { units: [{ name: 'a', accounts: [{ id: '000000000000' }] }] } },
    'root.units[0].accounts[0].id is account 000000000000, which is not there: make it with "postern account create"',
  ],
  [
    'an account twice',
    { managementAccount: manager, root: { accounts: [first], units: [{ name: 'a', accounts: [{ id: first }] }] } },
    `root.units[0].accounts[0] is account ${first}, which stands at root.accounts[0] too`,
  ],
  [
    'a policy that does not compile',
    { managementAccount: manager, root: { servicePolicies: ['FullAWSAccess', 'with-principal.json'] } },
    'root.servicePolicies[1] ("with-principal.json") is refused: Policy statement must contain valid elements: statement 1 must not have a Principal',
  ],
  [
    'a policy that is no JSON',
    { managementAccount: manager, root: { resourcePolicies: ['broken.json'] } },
    'root.resourcePolicies[0] ("broken.json") is refused: Syntax errors in policy. Line 2, column 14',
  ],
  [
    'a resource control policy that allows',
    { managementAccount: manager, root: { accounts: [{ id: first, resourcePolicies: ['allowing.json'] }] } },
    'root.accounts[0].resourcePolicies[0] ("allowing.json") is refused: Policy statement must contain valid elements: statement 1 has the Effect "Allow": a resource control policy can only deny',
  ],
  [
    'a policy whose document is not given',
    { managementAccount: manager, root: { servicePolicies: ['absent.json'] } },
    'root.servicePolicies[0] names "absent.json", whose document is not given',
  ],
  [
    'no service control policy at all',
    { managementAccount: manager, root: { servicePolicies: [] } },
    'root.servicePolicies is empty, which allows nothing: attach at least one policy',
  ],
  [
    'a policy twice at one place',
    { managementAccount: manager, root: { servicePolicies: ['FullAWSAccess', 'FullAWSAccess'] } },
    'root.servicePolicies names "FullAWSAccess" twice',
  ],
  [
    'a text where policies should be listed',
    { managementAccount: manager, root: { servicePolicies: 'FullAWSAccess' } },
    'root.servicePolicies must be a list',
  ],
  [
    'a unit id of another root',
    { managementAccount: manager, root: { id: 'r-zz99', units: [{ name: 'a', id: 'ou-ab12-11111111' }] } },
    'root.units[0].id is ou-ab12-11111111, which is of another root than r-zz99: give root.id too',
  ],
  [
    'a unit id twice',
    {
      managementAccount: manager,
      root: {
        id: 'r-ab12',
        units: [
          { name: 'a', id: 'ou-ab12-11111111' },
          { name: 'b', id: 'ou-ab12-11111111' },
        ],
      },
    },
    'root.units[1].id gives the id ou-ab12-11111111, which stands at root.units[0].id too',
  ],
]

for (const [what, description, message] of faults)
  test(`an organization with ${what} is refused, and the place is named`, () => {
    assert.throws(
      () => apply(description),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.ok(error.message.startsWith(`Cannot use the organization: ${message}`), error.message)
        return true
      },
    )
  })

test('units can be five deep, and no deeper', () => {
  const nested = (depth: number): object => ({
    managementAccount: manager,
    root: { units: [unit(depth)] },
  })
  const unit = (depth: number): object => (depth === 1 ? { name: 'a' } : { name: 'a', units: [unit(depth - 1)] })

  apply(nested(5))
  assert.throws(() => apply(nested(6)), /is deeper than 5 units in each other/)
})

test('ten service control policies can be attached at a place, and with the one of AWS five resource control policies', () => {
  const names = Array.from({ length: 11 }, (_, index) => `${index}.json`)
  const many = {
    service: new Map(names.map(name => [name, denyRegions])),
    resource: new Map(names.map(name => [name, perimeter])),
  }
  const withAttached = (servicePolicies: number, resourcePolicies: number) =>
    parseOrganization(
      {
        managementAccount: manager,
        root: {
          servicePolicies: names.slice(0, servicePolicies),
          resourcePolicies: names.slice(0, resourcePolicies),
        },
      },
      { documents: many, hasAccount: () => true },
    )

  withAttached(10, 4)
  assert.throws(() => withAttached(11, 0), /root.servicePolicies has 11 policies: 10 can be attached/)
  assert.throws(() => withAttached(1, 5), /root.resourcePolicies has 5 policies/)
})

test('applyOrganization() makes the ids that are not given, of the forms that AWS has', () => {
  const { id, root, policies } = apply({
    managementAccount: manager,
    root: { servicePolicies: ['./deny-regions.json'], units: [{ name: 'prod', accounts: [first] }] },
  })

  assert.match(id, /^o-[a-z0-9]{10}$/)
  assert.match(root.id, /^r-[a-z0-9]{4}$/)
  assert.match(root.units[0]!.id, new RegExp(`^ou-${root.id.slice(2)}-[a-z0-9]{8}$`))
  assert.deepEqual(
    policies.map(({ type, name, document }) => ({ type, name, document })),
    [{ type: 'service', name: 'deny-regions', document: denyRegions }],
  )
  assert.match(policies[0]!.id, /^p-[a-z0-9]{8}$/)
})

test('applyOrganization() keeps ids by name when it is applied again, and makes new ones for new names', () => {
  const before = apply({
    managementAccount: manager,
    root: {
      servicePolicies: ['./deny-regions.json'],
      units: [{ name: 'prod', units: [{ name: 'web' }] }, { name: 'test' }],
    },
  })

  const after = apply(
    {
      managementAccount: manager,
      root: {
        servicePolicies: ['./deny-regions.json', 'scp/more.json'],
        units: [{ name: 'prod', accounts: [first], units: [{ name: 'web' }, { name: 'test' }] }],
      },
    },
    before,
  )

  assert.deepEqual([after.id, after.root.id], [before.id, before.root.id])
  const [prod] = after.root.units
  assert.equal(prod!.id, before.root.units[0]!.id)
  assert.equal(prod!.units[0]!.id, before.root.units[0]!.units[0]!.id)
  // The same name elsewhere is another unit.
  assert.notEqual(prod!.units[1]!.id, before.root.units[1]!.id)
  assert.equal(after.policies[0]!.id, before.policies[0]!.id)
  assert.notEqual(after.policies[1]!.id, after.policies[0]!.id)
})

test('applyOrganization() takes the ids of another root as it is told', () => {
  const before = apply({ managementAccount: manager, root: { units: [{ name: 'test' }] } })

  const after = apply(whole, before)

  assert.equal(after.root.id, 'r-ab12')
  assert.equal(after.root.units[1]!.id, 'ou-ab12-11111111')
  assert.match(after.root.units[0]!.id, /^ou-ab12-/)
})

test('applyOrganization() refuses an id that another unit has kept', () => {
  const before = apply({ managementAccount: manager, root: { units: [{ name: 'test' }] } })
  const taken = before.root.units[0]!.id

  const description = {
    managementAccount: manager,
    root: { units: [{ name: 'prod', id: taken }, { name: 'test' }] },
  }

  assert.throws(() => apply(description, before), /has the id ou-\S+ of another unit/)
})

test('organizationMembers() gives each account its path, its levels from the root on, and all resource control policies above it', () => {
  const organization = apply(whole)
  const prod = organization.root.units[0]!

  const members = organizationMembers(organization)

  const web = members.get(first)!
  assert.equal(web.organizationId, 'o-a1b2c3d4e5')
  assert.equal(web.managementAccount, manager)
  assert.equal(web.path, `o-a1b2c3d4e5/r-ab12/${prod.id}/${prod.units[0]!.id}/`)
  assert.deepEqual(
    web.serviceControl!.map(({ name, policies }) => [name, policies.map(({ source }) => source.name)]),
    [
      ['the root', ['FullAWSAccess', 'service control policy "deny-regions"']],
      ['unit "prod"', ['FullAWSAccess']],
      ['unit "prod/web"', ['FullAWSAccess']],
      [`account ${first}`, ['service control policy "scp/more"']],
    ],
  )
  assert.deepEqual(
    web.resourceControl!.map(({ source }) => source.name),
    ['RCPFullAWSAccess', 'resource control policy "perimeter" of the root'],
  )
  assert.deepEqual([...members.keys()].sort(), [manager, first, second])
})

test('organizationMembers() names the policies by ARNs of the management account', () => {
  const organization = apply(whole)
  const [denying, limiting] = organization.policies

  const { serviceControl, resourceControl } = organizationMembers(organization).get(second)!

  assert.equal(
    serviceControl![0]!.policies[1]!.source.arn,
    `arn:aws:organizations::${manager}:policy/o-a1b2c3d4e5/service_control_policy/${denying!.id}`,
  )
  assert.equal(
    resourceControl![1]!.source.arn,
    `arn:aws:organizations::${manager}:policy/o-a1b2c3d4e5/resource_control_policy/${limiting!.id}`,
  )
})

test('organizationMembers() does not limit the management account, wherever it stands', () => {
  for (const root of [{}, { accounts: [manager] }, { units: [{ name: 'core', accounts: [manager] }] }]) {
    const organization = apply({
      managementAccount: manager,
      root: { servicePolicies: ['./deny-regions.json'], resourcePolicies: ['./perimeter.json'], ...root },
    })

    const { path, serviceControl, resourceControl } = organizationMembers(organization).get(manager)!

    assert.ok(path.startsWith(`${organization.id}/${organization.root.id}/`))
    assert.deepEqual([serviceControl, resourceControl], [undefined, undefined])
  }
})

test('OrganizationSource.members() sees every change at once, reads the store once in between, and also keeps that there is none', async () => {
  const store = await openMemoryStore()
  let reads = 0
  const source = new OrganizationSource({
    get: (collection, id) => {
      reads++
      return store.get(collection, id)
    },
    onChange: listener => store.onChange(listener),
  })
  const organization = apply(whole)

  const none = [await source.members(), await source.members()]
  await store.commit({ writes: [put(organizationCollection, organizationRecordId, organization, 'absent')] })
  const made = [await source.members(), await source.members()]
  const record = (await store.get(organizationCollection, organizationRecordId))!
  await store.commit({ writes: removeOrganization(record) })
  const removed = await source.members()

  assert.deepEqual(none, [undefined, undefined])
  assert.equal(made[0]?.size, 3)
  assert.equal(made[0], made[1])
  assert.equal(removed, undefined)
  assert.equal(reads, 3)
})

test('OrganizationSource.members() fails for an organization that does not compile, and works again when it is replaced', async () => {
  const store = await openMemoryStore()
  const source = new OrganizationSource(store)
  const organization = apply(whole)
  const broken = { ...organization, policies: organization.policies.map(policy => ({ ...policy, document: '{}' })) }
  await store.commit({ writes: [put(organizationCollection, organizationRecordId, broken, 'absent')] })

  await assert.rejects(source.members())
  await assert.rejects(source.members())

  await store.commit({ writes: [put(organizationCollection, organizationRecordId, organization, 1)] })
  assert.equal((await source.members())?.size, 3)
})

test('the commits of two who apply at once meet a conflict', async () => {
  const store = await openMemoryStore()
  const present: StoredRecord<OrganizationValue> | undefined = undefined
  const [one, other] = [
    applyOrganization(parse(whole), present, random),
    applyOrganization(parse({ managementAccount: manager }), present, random),
  ]

  await store.commit({ writes: one.writes })

  await assert.rejects(store.commit({ writes: other.writes }), { name: 'ConflictError' })
})
