import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'
import { tagShapes } from './user-shapes.ts'

/** ListUserTags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export const listUserTags = userOperation<iam.ListUserTagsRequest, iam.ListUserTagsResponse>({
  name: 'ListUserTags',
  readOnly: true,
  requestParameters: ({ UserName: userName }) => ({ userName }),
  async run(_input, user) {
    return { output: { Tags: tagShapes(user.value.tags), IsTruncated: false } }
  },
})
