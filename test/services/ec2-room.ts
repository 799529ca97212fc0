import assert from 'node:assert/strict'
import { seededRandom } from '../../src/base/index.ts'
import type { Caller } from '../../src/base/index.ts'
import type { AccessCheck } from '../../src/authorization/index.ts'
import { offeredServices, openNetwork } from '../../src/network/index.ts'
import { ec2Service } from '../../src/services/index.ts'
import type { PreparedOperation, RequestScope } from '../../src/services/operation.ts'
import { openMemoryStore } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'
import { noPrincipals } from '../no-principals.ts'

/** Whose requests they are. */
export const account = '111122223333'
/** Where. */
export const region = 'us-west-2'
/** The account itself, which may do everything. */
export const caller: Caller = {
  kind: 'root',
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: 'AKIAEXAMPLE',
  tags: {},
  issuedAt: 0,
}
/** What is known of each request. */
export const scope: RequestScope = {
  requestId: 'request',
  region,
  caller,
  path: { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true },
  now: Date.UTC(2026, 10, 24),
}

/** The operations of EC2 on a store of their own, without doors. */
export class Ec2Room implements AsyncDisposable {
  readonly store: Store
  readonly #needs

  constructor(store: Store) {
    this.store = store
    this.#needs = {
      network: openNetwork({ store }),
      principals: noPrincipals,
      random: seededRandom(20_261_124),
      offered: offeredServices({ services: ['kms'], fips: false }),
      servesIpv6: false,
      regions: [region],
    }
  }

  prepare(name: string, input: object, of: RequestScope = scope): Promise<PreparedOperation> {
    return ec2Service.operations.get(name)!.prepare(input, of, this.#needs)
  }

  /** What must be permitted. */
  async checks(name: string, input: object): Promise<readonly AccessCheck[]> {
    const { checks } = await this.prepare(name, input)
    assert.ok(typeof checks !== 'string')
    return checks
  }

  /** Runs and commits as the server does, once. */
  async do<Output>(name: string, input: object, of: RequestScope = scope): Promise<Output> {
    const { output, commit } = await (await this.prepare(name, input, of)).run()
    if (commit !== undefined) await this.store.commit(commit)
    return output as Output
  }

  async makeVpc(input: object = {}): Promise<string> {
    const made = await this.do<{ Vpc: { VpcId: string } }>('CreateVpc', { CidrBlock: '10.0.0.0/16', ...input })
    return made.Vpc.VpcId
  }

  /** One that endpoints can have private names in. */
  async makeNamedVpc(): Promise<string> {
    const VpcId = await this.makeVpc()
    await this.do('ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: true } })
    return VpcId
  }

  async makeSubnet(VpcId: string): Promise<string> {
    const input = { VpcId, CidrBlock: '10.0.1.0/24', TagSpecifications: tagged('subnet') }
    return (await this.do<{ Subnet: { SubnetId: string } }>('CreateSubnet', input)).Subnet.SubnetId
  }

  async makeGroup(VpcId: string, GroupName = 'clients'): Promise<string> {
    const input = { VpcId, GroupName, Description: 'd', TagSpecifications: tagged('security-group') }
    return (await this.do<{ GroupId: string }>('CreateSecurityGroup', input)).GroupId
  }

  async makeEndpoint(VpcId: string, more: object = {}): Promise<string> {
    const made = await this.do<{ VpcEndpoint: { VpcEndpointId: string } }>('CreateVpcEndpoint', {
      ...endpointIn(VpcId),
      ...more,
    })
    return made.VpcEndpoint.VpcEndpointId
  }

  async makeTable(VpcId: string): Promise<string> {
    const input = { VpcId, TagSpecifications: tagged('route-table') }
    return (await this.do<{ RouteTable: { RouteTableId: string } }>('CreateRouteTable', input)).RouteTable.RouteTableId
  }

  /** A subnet with a table of its own. */
  async associate(VpcId: string): Promise<{ readonly AssociationId: string; readonly RouteTableId: string }> {
    const [RouteTableId, SubnetId] = [await this.makeTable(VpcId), await this.makeSubnet(VpcId)]
    const made = await this.do<{ AssociationId: string }>('AssociateRouteTable', { RouteTableId, SubnetId })
    return { AssociationId: made.AssociationId, RouteTableId }
  }

  async makeAcl(VpcId: string): Promise<string> {
    const input = { VpcId, TagSpecifications: tagged('network-acl') }
    return (await this.do<{ NetworkAcl: { NetworkAclId: string } }>('CreateNetworkAcl', input)).NetworkAcl.NetworkAclId
  }

  async makeDhcpOptions(): Promise<string> {
    const DhcpConfigurations = [{ Key: 'domain-name', Values: ['example.com'] }]
    const input = { DhcpConfigurations, TagSpecifications: tagged('dhcp-options') }
    const made = await this.do<{ DhcpOptions: { DhcpOptionsId: string } }>('CreateDhcpOptions', input)
    return made.DhcpOptions.DhcpOptionsId
  }

  async makeGateway(): Promise<string> {
    const input = { TagSpecifications: tagged('internet-gateway') }
    const made = await this.do<{ InternetGateway: { InternetGatewayId: string } }>('CreateInternetGateway', input)
    return made.InternetGateway.InternetGatewayId
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]()
  }
}

/** A room with nothing in it. */
export const openEc2Room = async (): Promise<Ec2Room> => new Ec2Room(await openMemoryStore())

/** Tags of a thing that is being made. */
export const tagged = (ResourceType: string) => [{ ResourceType, Tags: [{ Key: 'team', Value: 'red' }] }]

/** A request for an endpoint, without private DNS. */
export const endpointIn = (VpcId: string) => ({
  VpcId,
  VpcEndpointType: 'Interface',
  ServiceName: 'com.amazonaws.us-west-2.kms',
  PrivateDnsEnabled: false,
  TagSpecifications: tagged('vpc-endpoint'),
})

/** Permissions for the members of a group. */
export const groupRule = (GroupId: string) => [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] }]
