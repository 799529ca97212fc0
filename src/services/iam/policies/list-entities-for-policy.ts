import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { auditPage, pageFrom, pageOf } from '../paging.ts'
import { groupEntities, roleEntities, userEntities } from './policy-entities.ts'
import type { EntityKind, PolicyEntity } from './policy-entities.ts'
import { policyReading } from './policy-operation.ts'

/** ListEntitiesForPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html */
export const listEntitiesForPolicy = policyReading<iam.ListEntitiesForPolicyRequest, iam.ListEntitiesForPolicyResponse>(
  {
    name: 'ListEntitiesForPolicy',
    requestParameters: input => ({
      entityFilter: input.EntityFilter,
      pathPrefix: input.PathPrefix,
      policyUsageFilter: input.PolicyUsageFilter,
      ...auditPage(input),
    }),
    async run(input, { arn: policyArn }, { accounts }, { caller: { account } }) {
      const { limit, page } = pageFrom(input)
      const { PathPrefix: prefix = '/', EntityFilter: filter, PolicyUsageFilter: usage } = input
      const begin = parsePosition(page.after)
      const found: Found[] = []
      for (const [index, kind] of kinds.entries()) {
        if (index < begin.index || (filter !== undefined && filter !== kind.title)) continue
        const asked = { account, policyArn, usage, after: index === begin.index ? begin.id : '' }
        for await (const entity of kind.read(accounts, asked)) {
          if (entity.path.startsWith(prefix)) found.push({ position: `${index} ${entity.id}`, kind, entity })
          if (found.length > limit) break
        }
      }
      const { items, answer } = pageOf(found, limit, ({ position }) => position)
      const of = (wanted: EntityKind): readonly PolicyEntity['shape'][] =>
        items.filter(({ kind }) => kind === wanted).map(({ entity }) => entity.shape)
      const [PolicyGroups, PolicyUsers, PolicyRoles] = [of(groupEntities), of(userEntities), of(roleEntities)]
      return { PolicyGroups, PolicyUsers, PolicyRoles, ...answer }
    },
  },
)

interface Found {
  readonly position: string
  readonly kind: EntityKind
  readonly entity: PolicyEntity
}

/** A page has them in this order. */
const kinds: readonly EntityKind[] = [groupEntities, userEntities, roleEntities]

function parsePosition(position = '0 '): { readonly index: number; readonly id: string } {
  const parts = /^([0-2]) (.*)$/s.exec(position)
  if (parts === null) throw new ServiceError('ValidationError', 'Invalid Marker.')
  return { index: Number(parts[1]), id: parts[2]! }
}
