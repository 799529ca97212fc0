import { ServiceError } from '../../base/index.ts'
import { endpointCollection, securityGroupCollection, subnetCollection, vpcCollection } from '../../network/index.ts'
import type { Network, NetworkTag } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { Collection, StoredRecord, Write } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readCheck, resourceCheck } from './ec2-operation.ts'
import { applyFilters, pageOf } from './filters.ts'
import { mergeTags } from './tags.ts'

interface Tagged {
  readonly tags: readonly NetworkTag[]
}

interface Scope {
  readonly account: string
  readonly region: string
}

/** A kind of thing that has tags. */
interface TaggedKind {
  readonly type: string
  readonly prefix: string
  readonly find: (network: Network, id: string, scope: Scope) => Promise<StoredRecord<Tagged> | undefined>
  readonly list: (network: Network, scope: Scope) => Promise<readonly StoredRecord<Tagged>[]>
  readonly write: (record: StoredRecord<Tagged>, tags: readonly NetworkTag[]) => Write
}

function kind<T extends Tagged>(
  type: string,
  prefix: string,
  collection: Collection<T>,
  find: (network: Network, id: string, scope: Scope) => Promise<StoredRecord<T> | undefined>,
  list: (network: Network, scope: Scope) => Promise<readonly StoredRecord<T>[]>,
): TaggedKind {
  const write = (record: StoredRecord<Tagged>, tags: readonly NetworkTag[]): Write =>
    put(collection, record.id, { ...(record.value as T), tags }, record.version)
  return { type, prefix, find, list, write }
}

const kinds: readonly TaggedKind[] = [
  kind(
    'vpc-endpoint',
    'vpce',
    endpointCollection,
    (network, id, scope) => network.findOwnEndpoint(id, scope),
    (network, scope) => network.listEndpoints(scope),
  ),
  kind(
    'vpc',
    'vpc',
    vpcCollection,
    (network, id, scope) => network.findVpc(id, scope),
    (network, scope) => network.listVpcs(scope),
  ),
  kind(
    'subnet',
    'subnet',
    subnetCollection,
    (network, id, scope) => network.findSubnet(id, scope),
    (network, scope) => network.listSubnets(scope),
  ),
  kind(
    'security-group',
    'sg',
    securityGroupCollection,
    (network, id, scope) => network.findSecurityGroup(id, scope),
    (network, scope) => network.listSecurityGroups(scope),
  ),
]

function kindOf(id: string): TaggedKind {
  const found = kinds.find(({ prefix }) => id.startsWith(`${prefix}-`))
  if (found === undefined) throw new ServiceError('InvalidID', `The ID '${id}' is not valid`)
  return found
}

async function requireTagged(
  id: string,
  network: Network,
  { caller: { account }, region }: RequestScope,
): Promise<StoredRecord<Tagged>> {
  const record = await kindOf(id).find(network, id, { account, region })
  if (record === undefined) throw new ServiceError('InvalidID', `The ID '${id}' is not valid`)
  return record
}

function checksOf(name: string, ids: readonly string[], scope: RequestScope) {
  const [first, ...rest] = ids.map(id => resourceCheck(name, `${kindOf(id).type}/${id}`, scope))
  if (first === undefined)
    throw new ServiceError('MissingParameter', 'The request must contain the parameter ResourceId')
  return [first, ...rest] as const
}

/** CreateTags: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const createTags = ec2Operation<ec2.CreateTagsRequest, undefined>({
  name: 'CreateTags',
  readOnly: false,
  checks: ({ Resources: ids }, scope) => checksOf('CreateTags', ids, scope),
  async run({ Resources: ids, Tags: tags }, { network }, scope) {
    const writes: Write[] = []
    for (const id of new Set(ids)) {
      const record = await requireTagged(id, network, scope)
      writes.push(kindOf(id).write(record, mergeTags(record.value.tags, tags)))
    }
    return { output: undefined, commit: { writes } }
  },
})

/** DeleteTags: those named, with the value named if there is one; all where none is named. */
export const deleteTags = ec2Operation<ec2.DeleteTagsRequest, undefined>({
  name: 'DeleteTags',
  readOnly: false,
  checks: ({ Resources: ids }, scope) => checksOf('DeleteTags', ids, scope),
  async run({ Resources: ids, Tags: given }, { network }, scope) {
    const goes = (tag: NetworkTag): boolean =>
      given === undefined ||
      given.some(({ Key: key, Value: value }) => key === tag.key && (value === undefined || value === tag.value))
    const writes: Write[] = []
    for (const id of new Set(ids)) {
      const record = await requireTagged(id, network, scope)
      const kept = record.value.tags.filter(tag => !goes(tag))
      writes.push(kindOf(id).write(record, kept))
    }
    return { output: undefined, commit: { writes } }
  },
})

/** DescribeTags: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html */
export const describeTags = ec2Operation<ec2.DescribeTagsRequest, ec2.DescribeTagsResult>({
  name: 'DescribeTags',
  readOnly: true,
  checks: readCheck('DescribeTags'),
  async run(input, { network }, { caller: { account }, region }) {
    const all = await Promise.all(
      kinds.map(async ({ type, list }) =>
        (await list(network, { account, region })).flatMap(({ id, value }) =>
          value.tags.map(({ key: Key, value: Value }) => ({
            ResourceId: id,
            ResourceType: type,
            Key,
            Value,
            tags: [],
          })),
        ),
      ),
    )
    const kept = applyFilters(all.flat(), input.Filters, {
      'resource-id': tag => [tag.ResourceId],
      'resource-type': tag => [tag.ResourceType],
      key: tag => [tag.Key],
      value: tag => [tag.Value],
    })
    const { shown, answer } = pageOf(kept, input)
    const tags = shown.map(({ ResourceId, ResourceType, Key, Value }) => ({
      ResourceId,
      ResourceType: ResourceType as ec2.TagDescription['ResourceType'],
      Key,
      Value,
    }))
    return { output: { Tags: tags, ...answer } }
  },
})
