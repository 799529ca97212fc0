import { ServiceError } from '../../base/index.ts'
import type { Keys } from '../../keys/index.ts'

/** Keys that an account may make in a Region; https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const maxKeys = 100_000

/** Refuses one more key where an account has as many as it may. @throws {ServiceError} LimitExceededException */
export async function requireKeyRoom(account: string, region: string, keys: Keys): Promise<void> {
  if ((await keys.countCustomerKeys(account, region, maxKeys)) >= maxKeys)
    throw new ServiceError('LimitExceededException', `Cannot have more than ${maxKeys} keys in an account and Region`)
}
