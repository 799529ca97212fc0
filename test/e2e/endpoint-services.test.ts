// Endpoints for all services that there are any for, with FIPS too: names, certificate, hosts and doors follow from a row of data.
import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { Agent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import * as ec2 from '@aws-sdk/client-ec2'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { admitHttps, untilAvailable } from '../private-network.ts'
import { startPostern } from '../start-postern.ts'
import { refused } from './refused.ts'

const postern = await startPostern({ words: ['--fips-endpoints', 'on'] })
after(() => postern[Symbol.asyncDispose]())
const credentials = await postern.administrator()
const { ec2: client } = postern.clients(credentials)
const VpcId = await makeVpc()
const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' }))
const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default'] }))
const GroupId = SecurityGroups![0]!.GroupId!
await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [admitHttps('10.0.0.0/16')] }))
const resolver = new Resolver()

async function makeVpc(): Promise<string> {
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId: Vpc!.VpcId, EnableDnsHostnames: { Value: true } }))
  return Vpc!.VpcId!
}

const lookup: LookupFunction = (name, { all }, done) => {
  resolver.resolve4(name).then(
    ([address]) => (all === true ? done(null, [{ address: address!, family: 4 }]) : done(null, address!, 4)),
    (error: unknown) => done(error as NodeJS.ErrnoException, ''),
  )
}

const agents: Agent[] = []
after(() => agents.forEach(agent => agent.destroy()))

/** A client in the VPC: it finds what it asks by the VPC's resolver, and trusts the authority alone. */
function optionsAt(name: string) {
  const httpsAgent = new Agent({ ca: postern.authority, lookup })
  agents.push(httpsAgent)
  return {
    region: postern.region,
    credentials: { ...credentials },
    maxAttempts: 1,
    endpoint: `https://${name}:${postern.endpointPort}`,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, httpsAgent },
  }
}

/** A call that each of the services answers. */
const calls: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  kms: name => new KMSClient(optionsAt(name)).send(new ListKeysCommand({})),
  sts: name => new STSClient(optionsAt(name)).send(new GetCallerIdentityCommand({})),
  ec2: name => new ec2.EC2Client(optionsAt(name)).send(new ec2.DescribeVpcsCommand({})),
  cloudtrail: name => new CloudTrailClient(optionsAt(name)).send(new LookupEventsCommand({})),
}

const services = [
  { label: 'kms', service: 'kms', privateNames: ['kms.us-west-2.amazonaws.com', 'kms.us-west-2.api.aws'] },
  {
    label: 'kms-fips',
    service: 'kms',
    privateNames: ['kms-fips.us-west-2.amazonaws.com', 'kms-fips.us-west-2.api.aws'],
  },
  { label: 'sts', service: 'sts', privateNames: ['sts.us-west-2.amazonaws.com'] },
  { label: 'ec2', service: 'ec2', privateNames: ['ec2.us-west-2.amazonaws.com'] },
  { label: 'cloudtrail', service: 'cloudtrail', privateNames: ['cloudtrail.us-west-2.amazonaws.com'] },
]

const endpoints = new Map<string, ec2.VpcEndpoint>()

before(async () => {
  for (const { label } of services) {
    const made = await client.send(
      new ec2.CreateVpcEndpointCommand({
        VpcEndpointType: 'Interface',
        VpcId,
        ServiceName: `com.amazonaws.us-west-2.${label}`,
        SubnetIds: [Subnet!.SubnetId!],
      }),
    )
    endpoints.set(label, await untilAvailable(client, made.VpcEndpoint!.VpcEndpointId!))
  }
  const { out } = await postern.postern('status', '--json')
  const { vpcs } = JSON.parse(out) as { readonly vpcs: readonly [{ readonly window: string }] }
  resolver.setServers([`${vpcs[0].window.split('.').slice(0, 2).join('.')}.0.2:${postern.resolverPort}`])
})

for (const { label, service, privateNames } of services) {
  describe(`com.amazonaws.us-west-2.${label}`, () => {
    test('an endpoint for it has a regional name, a zonal one and the private ones of the service, each in its zone', () => {
      const { DnsEntries, VpcEndpointId, ServiceName } = endpoints.get(label)!
      const names = DnsEntries!.map(entry => entry.DnsName!)
      const zoneIds = DnsEntries!.map(entry => entry.HostedZoneId!)

      assert.equal(ServiceName, `com.amazonaws.us-west-2.${label}`)
      assert.match(
        names[0]!,
        new RegExp(`^${VpcEndpointId}-[a-z0-9]{8}\\.${label}\\.us-west-2\\.vpce\\.amazonaws\\.com$`),
      )
      assert.equal(names[1], names[0]!.replace(`.${label}.`, `-us-west-2a.${label}.`))
      assert.deepEqual(names.slice(2), privateNames)
      assert.equal(zoneIds[0], zoneIds[1])
      assert.equal(new Set(zoneIds).size, 1 + privateNames.length)
      for (const id of zoneIds) assert.match(id, /^Z[A-Z0-9]{12,20}$/)
    })

    test(`${service} answers at each of its names, by the VPC's resolver and the installation's authority`, async () => {
      for (const { DnsName } of endpoints.get(label)!.DnsEntries!) await calls[service]!(DnsName!)
    })

    test(`its door serves ${service} and no other API, whatever the name`, async () => {
      const [{ DnsName }] = endpoints.get(label)!.DnsEntries! as [ec2.DnsEntry]
      for (const other of Object.keys(calls).filter(each => each !== service)) {
        await assert.rejects(calls[other]!(DnsName!), /serves no such API/)
      }
    })

    test('`postern env --endpoint` leads the calls of its API there, and those of no other', async () => {
      const { VpcEndpointId } = endpoints.get(label)!

      const variables = await postern.environment('--endpoint', VpcEndpointId!)

      const led = Object.entries(variables).filter(
        ([name, value]) => name.startsWith('AWS_ENDPOINT_URL_') && value !== postern.apiUrl,
      )
      assert.deepEqual(
        led.map(([name]) => name),
        [`AWS_ENDPOINT_URL_${service.toUpperCase()}`],
      )
      assert.match(led[0]![1], /^https:\/\/127\.\d+\.1\.\d+:\d+$/)
    })
  })
}

test('the policy of an endpoint for EC2 is asked there: what it does not allow is refused', async () => {
  const { VpcEndpointId, DnsEntries } = endpoints.get('ec2')!
  const allow = (Action: string) =>
    JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', Action, Resource: '*' }] })
  const policy = (PolicyDocument: string) =>
    client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId, PolicyDocument }))
  await policy(allow('ec2:DescribeSubnets'))

  await refused(
    calls['ec2']!(DnsEntries![0]!.DnsName!),
    'UnauthorizedOperation',
    'because no VPC endpoint policy allows the ec2:DescribeVpcs action',
  )
  await policy(allow('ec2:Describe*'))
  await calls['ec2']!(DnsEntries![0]!.DnsName!)
})

test('private names of KMS and of KMS with FIPS do not conflict, a second endpoint for either does', async () => {
  for (const label of ['kms', 'kms-fips']) {
    const second = client.send(
      new ec2.CreateVpcEndpointCommand({
        VpcEndpointType: 'Interface',
        VpcId,
        ServiceName: `com.amazonaws.us-west-2.${label}`,
        PrivateDnsEnabled: true,
      }),
    )

    await refused(second, 'InvalidParameter', `conflicting DNS domain for ${label}.us-west-2.amazonaws.com in the VPC`)
  }
})

test('a certificate holds for the names of its own service alone', async () => {
  const [{ DnsName: regional }] = endpoints.get('kms')!.DnsEntries! as [ec2.DnsEntry]
  const toKms: LookupFunction = (_name, options, done) => lookup(regional!, options, done)
  const options = optionsAt('kms-fips.us-west-2.amazonaws.com')
  const httpsAgent = new Agent({ ca: postern.authority, lookup: toKms })
  agents.push(httpsAgent)
  const misled = new KMSClient({ ...options, requestHandler: { httpsAgent } })

  await assert.rejects(misled.send(new ListKeysCommand({})), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test("the public door does not answer to a name of KMS's endpoints with FIPS", async () => {
  const atPublicDoor: LookupFunction = (_name, { all }, done) =>
    all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
  const httpsAgent = new Agent({ ca: postern.authority, lookup: atPublicDoor })
  agents.push(httpsAgent)
  const endpoint = `https://kms-fips.us-west-2.amazonaws.com:${postern.apiPort}`
  const misled = new KMSClient({ ...optionsAt('localhost'), endpoint, requestHandler: { httpsAgent } })

  await assert.rejects(misled.send(new ListKeysCommand({})), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

describe('DescribeVpcEndpointServices', () => {
  const describeServices = (input: ec2.DescribeVpcEndpointServicesCommandInput) =>
    client.send(new ec2.DescribeVpcEndpointServicesCommand(input))

  test('has all services by name, those with FIPS too where they are offered', async () => {
    const { ServiceNames, ServiceDetails } = await describeServices({})

    const names = ['cloudtrail', 'ec2', 'kms', 'kms-fips', 'sts'].map(label => `com.amazonaws.us-west-2.${label}`)
    assert.deepEqual(ServiceNames, names)
    assert.deepEqual(
      ServiceDetails!.map(detail => detail.ServiceName),
      names,
    )
    const ids = ServiceDetails!.map(detail => detail.ServiceId!)
    assert.equal(new Set(ids).size, names.length)
    for (const id of ids) assert.match(id, /^vpce-svc-0[0-9a-f]{16}$/)
  })

  test("has KMS's detail as AWS gives it", async () => {
    const { ServiceDetails } = await describeServices({ ServiceNames: ['com.amazonaws.us-west-2.kms'] })

    const [{ ServiceId, ...detail }] = ServiceDetails as [ec2.ServiceDetail]
    assert.ok(ServiceId)
    assert.deepEqual(detail, {
      ServiceName: 'com.amazonaws.us-west-2.kms',
      ServiceType: [{ ServiceType: 'Interface' }],
      ServiceRegion: 'us-west-2',
      AvailabilityZones: ['us-west-2a', 'us-west-2b', 'us-west-2c', 'us-west-2d'],
      AvailabilityZoneIds: ['usw2-az1', 'usw2-az2', 'usw2-az3', 'usw2-az4'],
      Owner: 'amazon',
      BaseEndpointDnsNames: ['kms.us-west-2.vpce.amazonaws.com'],
      PrivateDnsName: 'kms.us-west-2.amazonaws.com',
      PrivateDnsNames: [{ PrivateDnsName: 'kms.us-west-2.amazonaws.com' }, { PrivateDnsName: 'kms.us-west-2.api.aws' }],
      VpcEndpointPolicySupported: true,
      AcceptanceRequired: false,
      ManagesVpcEndpoints: false,
      Tags: [],
      PrivateDnsNameVerificationState: 'verified',
      SupportedIpAddressTypes: ['ipv4'],
    })
  })

  test('has the same id for a service each time', async () => {
    const [first, second] = await Promise.all([describeServices({}), describeServices({})])

    assert.deepEqual(
      first.ServiceDetails!.map(detail => detail.ServiceId),
      second.ServiceDetails!.map(detail => detail.ServiceId),
    )
  })

  const filters: readonly (readonly [name: string, value: string, labels: readonly string[]])[] = [
    ['service-name', 'com.amazonaws.*.kms*', ['kms', 'kms-fips']],
    ['service-name', 'com.amazonaws.us-east-1.kms', []],
    ['owner', 'amazon', ['cloudtrail', 'ec2', 'kms', 'kms-fips', 'sts']],
    ['owner', '111122223333', []],
    ['service-region', 'us-west-2', ['cloudtrail', 'ec2', 'kms', 'kms-fips', 'sts']],
    ['service-region', 'us-east-1', []],
    ['service-type', 'Interface', ['cloudtrail', 'ec2', 'kms', 'kms-fips', 'sts']],
    ['service-type', 'Gateway', []],
    ['supported-ip-address-types', 'ipv4', ['cloudtrail', 'ec2', 'kms', 'kms-fips', 'sts']],
    ['supported-ip-address-types', 'ipv6', []],
    ['tag-key', 'Name', []],
    ['tag:Name', '*', []],
  ]
  for (const [Name, value, labels] of filters) {
    test(`with ${Name}=${value} has ${labels.length === 0 ? 'none' : labels.join(', ')}`, async () => {
      const { ServiceNames } = await describeServices({ Filters: [{ Name, Values: [value] }] })

      assert.deepEqual(
        ServiceNames,
        labels.map(label => `com.amazonaws.us-west-2.${label}`),
      )
    })
  }

  test('refuses a filter that it does not have, and a token of another list', async () => {
    await refused(describeServices({ Filters: [{ Name: 'vpc-id', Values: ['x'] }] }), 'InvalidParameterValue')
    const { NextToken } = await client.send(new ec2.DescribeVpcEndpointsCommand({ MaxResults: 1 }))
    await refused(describeServices({ NextToken }), 'InvalidNextToken')
  })

  test('comes page by page', async () => {
    const names: (string | undefined)[] = []
    let NextToken: string | undefined
    do {
      const page = await describeServices({ MaxResults: 2, NextToken })
      assert.equal(page.ServiceDetails!.length, page.ServiceNames!.length)
      names.push(...page.ServiceNames!)
      NextToken = page.NextToken
    } while (NextToken !== undefined)

    assert.deepEqual(names, (await describeServices({})).ServiceNames)
  })
})

describe('DescribeVpcEndpointConnections', () => {
  const connections = (input: ec2.DescribeVpcEndpointConnectionsCommandInput) =>
    client.send(new ec2.DescribeVpcEndpointConnectionsCommand(input))

  test('is empty: nobody has an endpoint service of his own', async () => {
    const names = [
      'ip-address-type',
      'service-id',
      'vpc-endpoint-id',
      'vpc-endpoint-owner',
      'vpc-endpoint-region',
      'vpc-endpoint-state',
    ]
    const Filters = names.map(Name => ({ Name, Values: ['*'] }))

    assert.deepEqual((await connections({})).VpcEndpointConnections, [])
    assert.deepEqual((await connections({ Filters })).VpcEndpointConnections, [])
  })

  test('refuses a filter that AWS does not have, and a token that is none', async () => {
    await refused(connections({ Filters: [{ Name: 'vpc-id', Values: ['x'] }] }), 'InvalidParameterValue')
    await refused(connections({ NextToken: 'x' }), 'InvalidNextToken')
  })
})
