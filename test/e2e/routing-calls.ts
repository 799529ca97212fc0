// Route tables and gateways, as tests make and read them.
import assert from 'node:assert/strict'
import * as ec2 from '@aws-sdk/client-ec2'

export const anywhere = '0.0.0.0/0'

export const tagged = (ResourceType: ec2.ResourceType, Key: string): ec2.TagSpecification[] => [
  { ResourceType, Tags: [{ Key, Value: 'v' }] },
]

export const filter = (Name: string, ...Values: string[]): { Filters: ec2.Filter[] } => ({
  Filters: [{ Name, Values }],
})

/** What tests make and read with a client. */
export function routingWith(client: ec2.EC2Client) {
  async function makeVpc(CidrBlock = '10.0.0.0/16'): Promise<string> {
    return (await client.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!
  }

  async function makeSubnet(VpcId: string, CidrBlock = '10.0.1.0/24'): Promise<string> {
    return (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock }))).Subnet!.SubnetId!
  }

  async function makeTable(VpcId: string): Promise<string> {
    return (await client.send(new ec2.CreateRouteTableCommand({ VpcId }))).RouteTable!.RouteTableId!
  }

  async function makeGateway(VpcId?: string): Promise<string> {
    const made = await client.send(new ec2.CreateInternetGatewayCommand({}))
    const InternetGatewayId = made.InternetGateway!.InternetGatewayId!
    if (VpcId !== undefined) await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }))
    return InternetGatewayId
  }

  const associate = async (RouteTableId: string, SubnetId: string): Promise<string> =>
    (await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId }))).AssociationId!

  const describeTables = async (input: ec2.DescribeRouteTablesCommandInput): Promise<readonly ec2.RouteTable[]> =>
    (await client.send(new ec2.DescribeRouteTablesCommand(input))).RouteTables!

  const describeAcls = async (input: ec2.DescribeNetworkAclsCommandInput): Promise<readonly ec2.NetworkAcl[]> =>
    (await client.send(new ec2.DescribeNetworkAclsCommand(input))).NetworkAcls!

  async function mainTable(vpcId: string): Promise<ec2.RouteTable> {
    const mains = await describeTables({
      Filters: [
        { Name: 'association.main', Values: ['true'] },
        { Name: 'vpc-id', Values: [vpcId] },
      ],
    })
    assert.equal(mains.length, 1)
    return mains[0]!
  }

  async function routesOf(RouteTableId: string): Promise<readonly ec2.Route[]> {
    return (await describeTables({ RouteTableIds: [RouteTableId] }))[0]!.Routes!
  }

  return { makeVpc, makeSubnet, makeTable, makeGateway, associate, describeTables, describeAcls, mainTable, routesOf }
}
