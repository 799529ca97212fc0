import { ServiceError } from '../../base/index.ts'
import { zonesOf } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { noPrefixList } from './not-found.ts'

/** DescribeAvailabilityZones: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html */
export const describeAvailabilityZones = ec2Operation<
  ec2.DescribeAvailabilityZonesRequest,
  ec2.DescribeAvailabilityZonesResult
>({
  name: 'DescribeAvailabilityZones',
  readOnly: true,
  permissions: readPermission,
  async run(input, _needs, { region }) {
    const all = zonesOf(region).map(zone => ({ ...zone, tags: [] }))
    const noZone = (name: string): ServiceError =>
      new ServiceError('InvalidParameterValue', `Invalid availability zone: [${name}]`)
    const byName = named(all, input.ZoneNames, zone => zone.name, noZone)
    const kept = applyFilters(
      named(byName, input.ZoneIds, zone => zone.id, noZone),
      input.Filters,
      {
        state: () => ['available'],
        'region-name': () => [region],
        'zone-name': zone => [zone.name],
        'zone-id': zone => [zone.id],
        'zone-type': () => ['availability-zone'],
        'opt-in-status': () => ['opt-in-not-required'],
      },
    )
    const zones = kept.map(({ name: ZoneName, id: ZoneId }) => ({
      ZoneName,
      ZoneId,
      RegionName: region,
      State: 'available' as const,
      ZoneType: 'availability-zone',
      OptInStatus: 'opt-in-not-required' as const,
      GroupName: `${region}-zg-1`,
      NetworkBorderGroup: region,
      Messages: [],
    }))
    return { output: { AvailabilityZones: zones } }
  },
})

/** DescribePrefixLists: there are none; Terraform asks for one by the endpoint's service name. */
export const describePrefixLists = ec2Operation<ec2.DescribePrefixListsRequest, ec2.DescribePrefixListsResult>({
  name: 'DescribePrefixLists',
  readOnly: true,
  permissions: readPermission,
  async run(input) {
    const none: readonly { readonly id: string; readonly tags: readonly [] }[] = []
    const chosen = named(none, input.PrefixListIds, list => list.id, noPrefixList)
    applyFilters(chosen, input.Filters, { 'prefix-list-id': () => [], 'prefix-list-name': () => [] })
    pageOf(chosen, input, 'DescribePrefixLists')
    return { output: { PrefixLists: [] } }
  },
})
