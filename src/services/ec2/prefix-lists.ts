import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { noPrefixList } from './not-found.ts'

/** There are no prefix lists. @throws {ServiceError} for one that a request names, or for a filter that there is not. */
function findNone(
  input: ec2.DescribePrefixListsRequest | ec2.DescribeManagedPrefixListsRequest,
  operation: string,
  filterNames: readonly string[],
): void {
  const none: readonly { readonly id: string; readonly tags: readonly [] }[] = []
  const chosen = named(none, input.PrefixListIds, list => list.id, noPrefixList)
  applyFilters(chosen, input.Filters, Object.fromEntries(filterNames.map(name => [name, () => []])))
  pageOf(chosen, input, operation)
}

/** DescribePrefixLists: Terraform asks for one by the endpoint's service name. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribePrefixLists.html */
export const describePrefixLists = ec2Operation<ec2.DescribePrefixListsRequest, ec2.DescribePrefixListsResult>({
  name: 'DescribePrefixLists',
  readOnly: true,
  permissions: readPermission,
  async run(input) {
    findNone(input, 'DescribePrefixLists', ['prefix-list-id', 'prefix-list-name'])
    return { output: { PrefixLists: [] } }
  },
})

/** DescribeManagedPrefixLists: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeManagedPrefixLists.html */
export const describeManagedPrefixLists = ec2Operation<
  ec2.DescribeManagedPrefixListsRequest,
  ec2.DescribeManagedPrefixListsResult
>({
  name: 'DescribeManagedPrefixLists',
  readOnly: true,
  permissions: readPermission,
  async run(input) {
    findNone(input, 'DescribeManagedPrefixLists', ['owner-id', 'prefix-list-id', 'prefix-list-name'])
    return { output: { PrefixLists: [] } }
  },
})
