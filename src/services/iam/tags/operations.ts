import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { listPolicyTags, listRoleTags, listUserTags } from './list-tags.ts'
import { tagPolicy, tagRole, tagUser } from './tag.ts'
import { untagPolicy, untagRole, untagUser } from './untag.ts'

/** The operations on the tags of users, roles and managed policies. */
export const tagOperations: readonly Operation<IamNeeds>[] = [
  listPolicyTags,
  listRoleTags,
  listUserTags,
  tagPolicy,
  tagRole,
  tagUser,
  untagPolicy,
  untagRole,
  untagUser,
]
