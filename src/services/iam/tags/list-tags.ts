import type { iam } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import type { PageInput } from '../paging.ts'
import { tagPosition, tagShapes } from './tag-values.ts'
import { taggablePolicy, taggableRole, taggableUser } from './taggable.ts'
import type { Taggable } from './taggable.ts'

function listTags({ title, rules, reading }: Taggable): Operation<IamNeeds> {
  return reading<PageInput, iam.ListUserTagsResponse>({
    name: `List${title}Tags`,
    requestParameters: auditPage,
    read(tags, input) {
      const { items, answer } = pageOfAll(tags, input, each => tagPosition(each, rules))
      return { Tags: tagShapes(items), ...answer }
    },
  })
}

/** ListUserTags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export const listUserTags = listTags(taggableUser)

/** ListRoleTags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html */
export const listRoleTags = listTags(taggableRole)

/** ListPolicyTags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html */
export const listPolicyTags = listTags(taggablePolicy)
