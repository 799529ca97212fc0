import { setTags, userCollection } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { removeTags } from '../tags.ts'
import { userOperation } from './user-operation.ts'

/** UntagUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
export const untagUser = userOperation<iam.UntagUserRequest, undefined>({
  name: 'UntagUser',
  readOnly: false,
  requestParameters: ({ UserName: userName, TagKeys: tagKeys }) => ({ userName, tagKeys }),
  context: ({ TagKeys: names }) => ({ 'aws:TagKeys': names }),
  async run({ TagKeys: names }, user) {
    return {
      output: undefined,
      commit: { writes: setTags({ collection: userCollection, record: user }, removeTags(user.value.tags, names)) },
    }
  },
})
