import { setTags, userCollection } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { auditTags, mergeTags, requestTags } from '../tags.ts'
import { userOperation } from './user-operation.ts'

/** TagUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
export const tagUser = userOperation<iam.TagUserRequest, undefined>({
  name: 'TagUser',
  readOnly: false,
  requestParameters: ({ UserName: userName, Tags: tags }) => ({
    userName,
    tags: auditTags(tags),
  }),
  context: ({ Tags: tags }) => requestTags(tags),
  async run({ Tags: tags }, user) {
    return {
      output: undefined,
      commit: { writes: setTags({ collection: userCollection, record: user }, mergeTags(user.value.tags, tags)) },
    }
  },
})
