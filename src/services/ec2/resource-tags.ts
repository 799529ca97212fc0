import { ServiceError } from '../../base/index.ts'
import type { Network, NetworkTag } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { Commit } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Kinds, expectationOf, findKindOfId } from './ec2-kinds.ts'
import type { Ec2Kind, Ec2Thing } from './ec2-kinds.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, pageOf } from './filters.ts'
import { requestTagKeys } from './needed-permissions.ts'
import type { NeededPermissions, PermissionBuilder } from './needed-permissions.ts'
import { isWellFormed } from './resource-ids.ts'
import { mergeTags } from './tags.ts'

const maxResources = 1_000

/** The ids of a request by their kind. @throws {ServiceError} */
function idsByKind(ids: readonly string[]): ReadonlyMap<Ec2Kind, readonly string[]> {
  if (ids.length === 0) throw new ServiceError('MissingParameter', 'The request must contain the parameter ResourceId')
  if (ids.length > maxResources)
    throw new ServiceError('InvalidParameterValue', `A request can name ${maxResources} resources at most`)
  return Map.groupBy(new Set(ids), id => {
    const kind = findKindOfId(id)
    if (kind === undefined || !isWellFormed(id, kind.prefix))
      throw new ServiceError('InvalidID', `The ID '${id}' is not valid`)
    return kind
  })
}

async function tagPermissions(
  ids: readonly string[],
  tags: readonly ec2.Tag[],
  ask: PermissionBuilder,
): Promise<NeededPermissions> {
  const keys = requestTagKeys(tags)
  const kinds = [...idsByKind(ids)]
  const asked = await Promise.all(kinds.map(([{ type }, ofKind]) => ask.onEach(type, ofKind, keys)))
  const [first, ...rest] = asked.flat()
  return [first!, ...rest]
}

async function requireThings(
  ids: readonly string[],
  network: Network,
  { caller: { account }, region }: RequestScope,
): Promise<readonly Ec2Thing[]> {
  const things: Ec2Thing[] = []
  for (const [kind, ofKind] of idsByKind(ids)) {
    const found = await kind.findAll(network, ofKind, { account, region })
    for (const id of ofKind) {
      const thing = found.get(id)
      if (thing === undefined) throw kind.missing(id)
      things.push(thing)
    }
  }
  return things
}

/** Things with changed tags. Several rules are kept in one record, and a record is written once. */
function setTags(
  things: readonly Ec2Thing[],
  change: (present: readonly NetworkTag[]) => readonly NetworkTag[],
): Commit {
  const byRecord = Map.groupBy(things, thing => `${thing.collection.name} ${thing.record.id}`)
  const writes = [...byRecord.values()].map(inRecord => {
    const { collection, record } = inRecord[0]!
    const found = expectationOf(inRecord[0]!)
    const value = inRecord.reduce((changed, thing) => thing.withTags(changed, change(thing.tags)), record.value)
    return put(collection, record.id, value as never, found)
  })
  return { writes }
}

/** CreateTags: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const createTags = ec2Operation<ec2.CreateTagsRequest, undefined>({
  name: 'CreateTags',
  readOnly: false,
  permissions({ Resources: ids, Tags: tags }, ask) {
    const given = tags.map(tag => ({ Key: tag.Key, Value: tag.Value ?? '' }))
    return tagPermissions(ids, given, ask)
  },
  async run({ Resources: ids, Tags: tags }, { network }, scope) {
    const things = await requireThings(ids, network, scope)
    return { output: undefined, commit: setTags(things, present => mergeTags(present, tags)) }
  },
})

/** DeleteTags: those named, with the value named if there is one; all where none is named. */
export const deleteTags = ec2Operation<ec2.DeleteTagsRequest, undefined>({
  name: 'DeleteTags',
  readOnly: false,
  permissions: ({ Resources: ids, Tags: tags = [] }, ask) => tagPermissions(ids, tags, ask),
  async run({ Resources: ids, Tags: given }, { network }, scope) {
    const goes = (tag: NetworkTag): boolean =>
      given === undefined ||
      given.some(({ Key: key, Value: value }) => key === tag.key && (value === undefined || value === tag.value))
    const things = await requireThings(ids, network, scope)
    return { output: undefined, commit: setTags(things, present => present.filter(tag => !goes(tag))) }
  },
})

/** DescribeTags: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html */
export const describeTags = ec2Operation<ec2.DescribeTagsRequest, ec2.DescribeTagsResult>({
  name: 'DescribeTags',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const things = await Promise.all(ec2Kinds.map(({ list }) => list(network, { account, region })))
    const all = things
      .flat()
      .flatMap(({ id: ResourceId, type: ResourceType, tags }) =>
        tags.map(tag => ({ ResourceId, ResourceType, Key: tag.key, Value: tag.value, tags: [tag] })),
      )
    const kept = applyFilters(all, input.Filters, {
      'resource-id': tag => [tag.ResourceId],
      'resource-type': tag => [tag.ResourceType],
      key: tag => [tag.Key],
      value: tag => [tag.Value],
    })
    const { shown, answer } = pageOf(kept, input, 'DescribeTags')
    const tags = shown.map(({ ResourceId, ResourceType, Key, Value }) => ({ ResourceId, ResourceType, Key, Value }))
    return { output: { Tags: tags, ...answer } }
  },
})
