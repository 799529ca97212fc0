import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { tagPosition, tagShapes } from '../tags.ts'
import { userOperation } from './user-operation.ts'

/** ListUserTags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export const listUserTags = userOperation<iam.ListUserTagsRequest, iam.ListUserTagsResponse>({
  name: 'ListUserTags',
  readOnly: true,
  requestParameters: auditPage,
  async run(input, user) {
    const { items, answer } = pageOfAll(user.value.tags, input, tagPosition)
    return { output: { Tags: tagShapes(items), ...answer } }
  },
})
