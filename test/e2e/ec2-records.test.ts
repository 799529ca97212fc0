// What the trail has of requests to EC2, and how they are found there.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { Event } from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'
import { allow, makeUser } from './user.ts'

const postern = await startPostern()
after(() => postern[Symbol.asyncDispose]())
const { ec2: client, cloudtrail, iam } = postern.clients(await postern.administrator())

/** The events about a thing, the last one first, once there are so many: the index is built behind the log. */
async function eventsOf(id: string, count: number): Promise<readonly Event[]> {
  const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue: id }]
  const end = Date.now() + 10_000
  for (;;) {
    const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
    if (Events.length >= count || Date.now() > end) return Events
  }
}

const named = (events: readonly Event[]): readonly unknown[] =>
  events.map(({ EventName, Resources = [] }) => [
    EventName,
    ...Resources.map(({ ResourceType, ResourceName }) => `${ResourceType} ${ResourceName}`),
  ])

async function makeVpc(): Promise<string> {
  return (await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
}

test('what was done with a VPC is looked up by its id: made, used, changed, refused and deleted', async () => {
  const VpcId = await makeVpc()
  const subnet = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' }))
  const { SubnetId } = subnet.Subnet!
  await client.send(new ec2.CreateTagsCommand({ Resources: [VpcId, SubnetId!], Tags: [{ Key: 'a', Value: 'b' }] }))
  await refused(client.send(new ec2.DeleteVpcCommand({ VpcId })), 'DependencyViolation')
  await client.send(new ec2.DeleteSubnetCommand({ SubnetId }))
  await client.send(new ec2.DeleteVpcCommand({ VpcId }))

  const [ofVpc, ofSubnet] = [await eventsOf(VpcId, 5), await eventsOf(SubnetId!, 3)]

  const [vpc, subnetName] = [`AWS::EC2::VPC ${VpcId}`, `AWS::EC2::Subnet ${SubnetId}`]
  assert.deepEqual(named(ofVpc), [
    ['DeleteVpc', vpc],
    ['DeleteVpc', vpc],
    ['CreateTags', vpc, subnetName],
    ['CreateSubnet', subnetName, vpc],
    ['CreateVpc', vpc],
  ])
  assert.deepEqual(named(ofSubnet), [
    ['DeleteSubnet', subnetName],
    ['CreateTags', vpc, subnetName],
    ['CreateSubnet', subnetName, vpc],
  ])
})

test('whoever changed a security group is found by its id, and so is who may not', async () => {
  const VpcId = await makeVpc()
  const group = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: 'g', Description: 'd' }))
  const { GroupId } = group
  const rule = { GroupId, IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '10.0.0.0/16' }
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule))
  const user = await makeUser(iam, 'reader', allow('ec2:Describe*'))
  const revoked = postern.clients(user.credentials).ec2.send(new ec2.RevokeSecurityGroupIngressCommand(rule))
  await refused(revoked, 'UnauthorizedOperation')

  const events = await eventsOf(GroupId!, 3)

  assert.deepEqual(
    events.map(({ EventName, Username }) => [EventName, Username === 'reader']),
    [
      ['RevokeSecurityGroupIngress', true],
      ['AuthorizeSecurityGroupIngress', false],
      ['CreateSecurityGroup', false],
    ],
  )
})

test('an endpoint is found by its id, and by those of the VPC and the groups that it was made with', async () => {
  const VpcId = await makeVpc()
  const { GroupId } = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: 'g', Description: 'd' }))
  const ServiceName = 'com.amazonaws.us-west-2.kms'
  const made = await client.send(
    new ec2.CreateVpcEndpointCommand({
      VpcId,
      ServiceName,
      VpcEndpointType: 'Interface',
      PrivateDnsEnabled: false,
      SecurityGroupIds: [GroupId!],
    }),
  )
  const { VpcEndpointId } = made.VpcEndpoint!
  await client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId!] }))

  const [ofEndpoint, ofGroup] = [await eventsOf(VpcEndpointId!, 2), await eventsOf(GroupId!, 2)]

  const endpoint = `AWS::EC2::VPCEndpoint ${VpcEndpointId}`
  const creation = ['CreateVpcEndpoint', endpoint, `AWS::EC2::VPC ${VpcId}`, `AWS::EC2::SecurityGroup ${GroupId}`]
  assert.deepEqual(named(ofEndpoint), [['DeleteVpcEndpoints', endpoint], creation])
  assert.deepEqual(named(ofGroup)[0], creation)
})

test('a record has what was asked and what was answered, in the form that rules of CloudTrail are written for', async () => {
  const VpcId = await makeVpc()
  const { GroupId } = await client.send(
    new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: 'watched', Description: 'd' }),
  )
  const rule = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }))

  const [event] = await eventsOf(GroupId!, 2)

  const { requestParameters, responseElements, requestID } = JSON.parse(event!.CloudTrailEvent!) as {
    readonly requestParameters: {
      readonly ipPermissions: { readonly items: readonly [{ readonly ipRanges: unknown }] }
    }
    readonly responseElements: {
      readonly requestId: string
      readonly _return: boolean
      readonly securityGroupRuleSet: { readonly items: readonly { readonly cidrIpv4: string }[] }
    }
    readonly requestID: string
  }
  assert.deepEqual(requestParameters.ipPermissions.items[0].ipRanges, { items: [{ cidrIp: '0.0.0.0/0' }] })
  assert.deepEqual([responseElements.requestId, responseElements._return], [requestID, true])
  assert.equal(responseElements.securityGroupRuleSet.items[0]!.cidrIpv4, '0.0.0.0/0')
})
