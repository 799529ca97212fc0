import {
  endpointZoneOf,
  findEndpointService,
  privateNamesOf,
  serviceIdOf,
  serviceNameOf,
  serviceZones,
} from '../../network/index.ts'
import type { EndpointServiceRow } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { noServiceAbroad } from './endpoint-checks.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noServiceName } from './not-found.ts'

/** DescribeVpcEndpointServices: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html */
export const describeVpcEndpointServices = ec2Operation<
  ec2.DescribeVpcEndpointServicesRequest,
  ec2.DescribeVpcEndpointServicesResult
>({
  name: 'DescribeVpcEndpointServices',
  readOnly: true,
  permissions: readPermission,
  async run(input, { offered, servesIpv6 }, { region }) {
    const abroad = (input.ServiceRegions ?? []).find(name => name !== region)
    if (abroad !== undefined) throw noServiceAbroad(abroad)
    const unknown = (input.ServiceNames ?? []).find(name => findEndpointService(name, region, offered) === undefined)
    if (unknown !== undefined) throw noServiceName(unknown)
    const all = offered
      .map(row => ({ detail: serviceDetail(row, region, servesIpv6), tags: [] }))
      .toSorted((a, b) => (a.detail.ServiceName! < b.detail.ServiceName! ? -1 : 1))
    const kept = applyFilters(
      named(all, input.ServiceNames, ({ detail }) => detail.ServiceName!, noServiceName),
      input.Filters,
      {
        owner: ({ detail }) => [detail.Owner],
        'service-name': ({ detail }) => [detail.ServiceName],
        'service-region': ({ detail }) => [detail.ServiceRegion],
        'service-type': () => ['Interface'],
        'supported-ip-address-types': ({ detail }) => detail.SupportedIpAddressTypes!,
      },
    )
    const { shown, answer } = pageOf(kept, input, 'DescribeVpcEndpointServices')
    const details = shown.map(({ detail }) => detail)
    return { output: { ServiceNames: details.map(detail => detail.ServiceName!), ServiceDetails: details, ...answer } }
  },
})

function serviceDetail(row: EndpointServiceRow, region: string, servesIpv6: boolean): ec2.ServiceDetail {
  const zones = serviceZones(row, region)
  const names = privateNamesOf(row, region)
  return {
    ServiceName: serviceNameOf(row, region),
    ServiceId: serviceIdOf(row, region),
    ServiceType: [{ ServiceType: 'Interface' }],
    ServiceRegion: region,
    AvailabilityZones: zones.map(zone => zone.name),
    AvailabilityZoneIds: zones.map(zone => zone.id),
    Owner: 'amazon',
    BaseEndpointDnsNames: [endpointZoneOf(row, region)],
    ...(names[0] === undefined ? {} : { PrivateDnsName: names[0] }),
    PrivateDnsNames: names.map(name => ({ PrivateDnsName: name })),
    VpcEndpointPolicySupported: row.takesPolicies,
    AcceptanceRequired: false,
    ManagesVpcEndpoints: false,
    Tags: [],
    PrivateDnsNameVerificationState: 'verified',
    // A type that no door can have here is not offered.
    SupportedIpAddressTypes: row.ipAddressTypes.filter(type => servesIpv6 || type === 'ipv4'),
  }
}

/**
 * DescribeVpcEndpointConnections: of the endpoint services that an account has. Here nobody has any of his own: the list is empty.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointConnections.html
 */
export const describeVpcEndpointConnections = ec2Operation<
  ec2.DescribeVpcEndpointConnectionsRequest,
  ec2.DescribeVpcEndpointConnectionsResult
>({
  name: 'DescribeVpcEndpointConnections',
  readOnly: true,
  permissions: readPermission,
  async run(input) {
    const kept = applyFilters<Connection>([], input.Filters, connectionFields)
    const { shown, answer } = pageOf(kept, input, 'DescribeVpcEndpointConnections')
    return { output: { VpcEndpointConnections: shown, ...answer } }
  },
})

type Connection = ec2.VpcEndpointConnection & { readonly tags: readonly [] }

const connectionFields: FilterFields<Connection> = {
  'ip-address-type': ({ IpAddressType: type }) => [type],
  'service-id': ({ ServiceId: id }) => [id],
  'vpc-endpoint-id': ({ VpcEndpointId: id }) => [id],
  'vpc-endpoint-owner': ({ VpcEndpointOwner: owner }) => [owner],
  'vpc-endpoint-region': ({ VpcEndpointRegion: region }) => [region],
  'vpc-endpoint-state': ({ VpcEndpointState: state }) => [state],
}
