import type { iam } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditTags, mergeTags, requestTags } from './tag-values.ts'
import { taggablePolicy, taggableRole, taggableUser } from './taggable.ts'
import type { Taggable } from './taggable.ts'

function tag({ title, rules, change }: Taggable): Operation<IamNeeds> {
  return change<Pick<iam.TagUserRequest, 'Tags'>>({
    name: `Tag${title}`,
    context: ({ Tags: tags }) => requestTags(tags),
    requestParameters: ({ Tags: tags }) => ({ tags: auditTags(tags) }),
    change: (present, { Tags: tags }) => mergeTags(present, tags, rules),
  })
}

/** TagUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
export const tagUser = tag(taggableUser)

/** TagRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html */
export const tagRole = tag(taggableRole)

/** TagPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html */
export const tagPolicy = tag(taggablePolicy)
