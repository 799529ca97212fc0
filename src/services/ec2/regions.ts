import { ServiceError } from '../../base/index.ts'
import { knownRegions } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named } from './filters.ts'

/** DescribeRegions: those that are served, or all of AWS's. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html */
export const describeRegions = ec2Operation<ec2.DescribeRegionsRequest, ec2.DescribeRegionsResult>({
  name: 'DescribeRegions',
  readOnly: true,
  permissions: readPermission,
  async run({ RegionNames: names, AllRegions: wantsAll = false, Filters: filters }, { regions }) {
    const listed = wantsAll ? [...new Set([...knownRegions, ...regions])] : regions
    const all = listed.toSorted().map(name => ({
      name,
      endpoint: `ec2.${name}.amazonaws.com`,
      status: regions.includes(name) ? 'opt-in-not-required' : 'not-opted-in',
      tags: [],
    }))
    const noRegion = (name: string): ServiceError =>
      new ServiceError('InvalidParameterValue', `Invalid region: [${name}]`)
    const kept = applyFilters(
      named(all, names, region => region.name, noRegion),
      filters,
      {
        endpoint: region => [region.endpoint],
        'opt-in-status': region => [region.status],
        'region-name': region => [region.name],
      },
    )
    const shapes = kept.map(({ name: RegionName, endpoint: Endpoint, status: OptInStatus }) => ({
      RegionName,
      Endpoint,
      OptInStatus,
    }))
    return { output: { Regions: shapes } }
  },
})
