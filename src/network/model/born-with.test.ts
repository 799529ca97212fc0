import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dhcpOptionsId,
  mainAssociationId,
  mainRouteTableId,
  networkAclAssociationId,
  networkAclId,
} from './born-with.ts'

const vpcId = 'vpc-0123456789abcdef0'

test('what a VPC is born with has the ids that released versions gave it: clients have written them down', () => {
  assert.deepEqual(
    [
      mainRouteTableId(vpcId),
      mainAssociationId(vpcId),
      networkAclId(vpcId),
      networkAclAssociationId('subnet-0123456789abcdef0'),
      dhcpOptionsId({ account: '111122223333', region: 'us-west-2' }),
    ],
    [
      'rtb-4f76cec727083a3d5',
      'rtbassoc-1a88e205471fb99f9',
      'acl-dcb844a68e8c76817',
      'aclassoc-1c7e7603a2fcf069b',
      'dopt-854bea59267ccbd14',
    ],
  )
})

test('two VPCs, two subnets, two accounts and two Regions have ids of their own', () => {
  const other = 'vpc-0123456789abcdef1'
  const ids = [
    ...[vpcId, other].flatMap(id => [mainRouteTableId(id), mainAssociationId(id), networkAclId(id)]),
    ...['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'].map(networkAclAssociationId),
    dhcpOptionsId({ account: '111122223333', region: 'us-west-2' }),
    dhcpOptionsId({ account: '111122223333', region: 'us-east-1' }),
    dhcpOptionsId({ account: '444455556666', region: 'us-west-2' }),
  ]

  assert.equal(new Set(ids.map(id => id.split('-')[1])).size, ids.length)
})
