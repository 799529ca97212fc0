import { hostZoneOf } from '../../network/index.ts'
import type { DhcpOptionsValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { noDhcpOptions } from './not-found.ts'
import { tagShapes } from './tags.ts'

/** The options that AWS gives every account: its resolver, and the domain of the names that instances have. */
function configurationsOf({ region }: DhcpOptionsValue): readonly { readonly key: string; readonly value: string }[] {
  return [
    { key: 'domain-name', value: hostZoneOf(region) },
    { key: 'domain-name-servers', value: 'AmazonProvidedDNS' },
  ]
}

/** DescribeDhcpOptions: the set of the account, which all its VPCs have. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeDhcpOptions.html */
export const describeDhcpOptions = ec2Operation<ec2.DescribeDhcpOptionsRequest, ec2.DescribeDhcpOptionsResult>({
  name: 'DescribeDhcpOptions',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = [(await network.dhcpOptionsOf({ account, region })).value]
    const chosen = named(all, input.DhcpOptionsIds, options => options.dhcpOptionsId, noDhcpOptions)
    const kept = applyFilters(chosen, input.Filters, {
      'dhcp-options-id': options => [options.dhcpOptionsId],
      'owner-id': options => [options.account],
      key: options => configurationsOf(options).map(({ key }) => key),
      value: options => configurationsOf(options).map(({ value }) => value),
    })
    const { shown, answer } = pageOf(kept, input, 'DescribeDhcpOptions')
    const sets = shown.map(options => ({
      DhcpOptionsId: options.dhcpOptionsId,
      OwnerId: options.account,
      DhcpConfigurations: configurationsOf(options).map(({ key: Key, value: Value }) => ({ Key, Values: [{ Value }] })),
      Tags: tagShapes(options.tags),
    }))
    return { output: { DhcpOptions: sets, ...answer } }
  },
})
