import type { PrincipalTag } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'

/**
 * The tags of a new policy. Unlike those of users and roles, their keys differ by case too.
 *
 * @throws {ServiceError} InvalidInput for a key that is given twice or reserved.
 */
export function newPolicyTags(given: readonly iam.Tag[] = []): readonly PrincipalTag[] {
  const keys = given.map(tag => tag.Key)
  if (new Set(keys).size < keys.length) throw new ServiceError('InvalidInput', 'Duplicate tag keys found.')
  if (keys.some(key => key.toLowerCase().startsWith('aws:')))
    throw new ServiceError('InvalidInput', 'Tag keys beginning with aws: are reserved')
  return given.map(({ Key: key, Value: value }) => ({ key, value }))
}
