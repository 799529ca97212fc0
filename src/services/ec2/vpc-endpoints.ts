import { setEndpoint } from '../../network/index.ts'
import type { EndpointValue } from '../../network/index.ts'
import type { Write } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { missingParameter, noEndpoint, requireForms } from './not-found.ts'
import { ipTypesOf } from './endpoint-ip-types.ts'
import { shownEndpoint } from './endpoint-policy.ts'
import { groupNames } from './security-groups.ts'
import { endpointShape } from './shapes.ts'

const fields: FilterFields<EndpointValue> = {
  'vpc-endpoint-id': endpoint => [endpoint.endpointId],
  'vpc-endpoint-state': endpoint => [endpoint.state],
  'vpc-endpoint-type': () => ['Interface'],
  'vpc-id': endpoint => [endpoint.vpcId],
  'service-name': endpoint => [endpoint.serviceName],
  'service-region': endpoint => [endpoint.region],
  'ip-address-type': endpoint => [ipTypesOf(endpoint).ipAddressType],
}

/** DescribeVpcEndpoints: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html */
export const describeVpcEndpoints = ec2Operation<ec2.DescribeVpcEndpointsRequest, ec2.DescribeVpcEndpointsResult>({
  name: 'DescribeVpcEndpoints',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network, principals }, { caller: { account }, region }) {
    const all = (await network.listEndpoints({ account, region })).map(record => record.value)
    const kept = applyFilters(
      named(all, input.VpcEndpointIds, endpoint => endpoint.endpointId, noEndpoint),
      input.Filters,
      fields,
    )
    const { shown, answer } = pageOf(kept, input, 'DescribeVpcEndpoints')
    const names = await groupNames(network, { account, region })
    const endpoints = await Promise.all(shown.map(endpoint => shownEndpoint(endpoint, principals)))
    return { output: { VpcEndpoints: endpoints.map(endpoint => endpointShape(endpoint, names)), ...answer } }
  },
})

/** DeleteVpcEndpoints: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html */
export const deleteVpcEndpoints = ec2Operation<ec2.DeleteVpcEndpointsRequest, ec2.DeleteVpcEndpointsResult>({
  name: 'DeleteVpcEndpoints',
  readOnly: false,
  async permissions({ VpcEndpointIds: ids }, ask) {
    const [first, ...rest] = await ask.onEach('vpc-endpoint', ids)
    if (first === undefined) throw missingParameter('VpcEndpointId')
    return [first, ...rest]
  },
  async run({ VpcEndpointIds: ids }, { network }, { caller: { account }, region }) {
    requireForms(ids, noEndpoint)
    const unsuccessful: ec2.UnsuccessfulItem[] = []
    const writes: Write[] = []
    for (const id of new Set(ids)) {
      const endpoint = await network.findOwnEndpoint(id, { account, region })
      if (endpoint !== undefined) writes.push(...setEndpoint(endpoint, { state: 'deleting' }))
      else {
        const { message } = noEndpoint(id)
        // Not the code that the other operations have: clients know this one.
        unsuccessful.push({ ResourceId: id, Error: { Code: 'InvalidVpcEndpoint.NotFound', Message: message } })
      }
    }
    return { output: { Unsuccessful: unsuccessful }, commit: { writes } }
  },
})
