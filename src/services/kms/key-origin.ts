import { ServiceError } from '../../base/index.ts'
import type { KeyEntry, KeyOrigin } from '../../keys/index.ts'

/** Refuses an operation for keys whose material comes from elsewhere. @throws {ServiceError} UnsupportedOperationException */
export function requireOrigin({ arn, origin }: KeyEntry['key'], ...origins: readonly KeyOrigin[]): void {
  if (origins.includes(origin)) return
  throw new ServiceError(
    'UnsupportedOperationException',
    `${arn} origin is ${origin} which is not valid for this operation.`,
  )
}
