import type { AccessKeyValue, Accounts, UserValue } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'

/** An access key of that user; those of others do not exist for it. @throws {ServiceError} NoSuchEntity */
export async function findOwnAccessKey(
  id: string,
  user: UserValue,
  accounts: Accounts,
): Promise<StoredRecord<AccessKeyValue>> {
  const accessKey = user.accessKeyIds.includes(id) ? await accounts.findAccessKey(id) : undefined
  if (accessKey === undefined) throw new ServiceError('NoSuchEntity', `The Access Key with id ${id} cannot be found.`)
  return accessKey
}
