import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore, put } from '../../storage/index.ts'
import { networkAclId } from '../model/born-with.ts'
import { defaultRulesOf } from '../model/network-acls.ts'
import { openNetwork } from '../model/network.ts'
import { networkAclCollection, subnetCollection, vpcCollection } from '../model/records.ts'
import type { NetworkAclRules, SubnetValue, VpcValue } from '../model/records.ts'
import { NetworkView } from './network-view.ts'

const owned = { account: '111122223333', region: 'us-west-2', tags: [] }
const vpc: VpcValue = {
  ...owned,
  vpcId: 'vpc-0',
  cidr: '10.0.0.0/16',
  window: 1,
  enableDnsSupport: true,
  enableDnsHostnames: false,
}
const subnet: SubnetValue = {
  ...owned,
  subnetId: 'subnet-0',
  vpcId: 'vpc-0',
  cidr: '10.0.1.0/24',
  zone: 'us-west-2a',
  zoneId: 'usw2-az1',
  usedAddresses: [],
}
const own: NetworkAclRules = {
  ingress: [{ ruleNumber: 1, action: 'deny', protocol: '-1', cidr: '0.0.0.0/0' }],
  egress: [],
}
const standard = defaultRulesOf(vpc)

for (const [what, aclId, expected] of [
  ['none of its own has the rules of the default ACL', undefined, standard],
  ['the default ACL has the rules of that', networkAclId('vpc-0'), standard],
  ['an ACL that somebody made has its rules', 'acl-0', own],
  ['an ACL that there is not lets nothing through', 'acl-1', { ingress: [], egress: [] }],
] as const) {
  test(`NetworkView: a subnet with ${what}`, async () => {
    await using store = await openMemoryStore()
    const association =
      aclId === undefined ? {} : { networkAclAssociation: { associationId: 'aclassoc-0', networkAclId: aclId } }
    await store.commit({
      writes: [
        put(vpcCollection, 'vpc-0', vpc, 'absent'),
        put(subnetCollection, 'subnet-0', { ...subnet, ...association }, 'absent'),
        put(networkAclCollection, 'acl-0', { ...owned, networkAclId: 'acl-0', vpcId: 'vpc-0', rules: own }, 'absent'),
      ],
    })

    const view = await NetworkView.open(store, openNetwork({ store }))

    assert.deepEqual(view.find('vpc-0')!.borders, [{ blocks: ['10.0.1.0/24'], rules: expected }])
  })
}
