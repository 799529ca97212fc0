import { ServiceError } from '../../base/index.ts'
import { zonesOf } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named } from './filters.ts'

/** DescribeAvailabilityZones: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html */
export const describeAvailabilityZones = ec2Operation<
  ec2.DescribeAvailabilityZonesRequest,
  ec2.DescribeAvailabilityZonesResult
>({
  name: 'DescribeAvailabilityZones',
  readOnly: true,
  permissions: readPermission,
  async run(input, _needs, { region }) {
    const groupName = `${region}-zg-1`
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
        'group-name': () => [groupName],
        // What only Local and Wavelength Zones have, and messages, nothing has here.
        'group-long-name': () => [],
        message: () => [],
        'parent-zone-id': () => [],
        'parent-zone-name': () => [],
      },
    )
    const zones = kept.map(({ name: ZoneName, id: ZoneId }) => ({
      ZoneName,
      ZoneId,
      RegionName: region,
      State: 'available' as const,
      ZoneType: 'availability-zone',
      OptInStatus: 'opt-in-not-required' as const,
      GroupName: groupName,
      NetworkBorderGroup: region,
      Messages: [],
    }))
    return { output: { AvailabilityZones: zones } }
  },
})
