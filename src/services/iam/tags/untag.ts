import type { iam } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { removeTags } from './tag-values.ts'
import { taggablePolicy, taggableRole, taggableUser } from './taggable.ts'
import type { Taggable } from './taggable.ts'

function untag({ title, rules, change }: Taggable): Operation<IamNeeds> {
  return change<Pick<iam.UntagUserRequest, 'TagKeys'>>({
    name: `Untag${title}`,
    context: ({ TagKeys: keys }) => ({ 'aws:TagKeys': keys }),
    requestParameters: ({ TagKeys: tagKeys }) => ({ tagKeys }),
    change: (present, { TagKeys: keys }) => removeTags(present, keys, rules),
  })
}

/** UntagUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
export const untagUser = untag(taggableUser)

/** UntagRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html */
export const untagRole = untag(taggableRole)

/** UntagPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html */
export const untagPolicy = untag(taggablePolicy)
