import { ServiceError } from '../base/index.ts'
import { SlowWorkFullError } from '../crypto/index.ts'
import { StorageError } from '../storage/index.ts'
import type { ServiceName } from '../wire/index.ts'
import { tooFast } from './too-fast.ts'

/**
 * An error as the caller may see it. What is no error of an API is our own bug, or a dependency that failed: the caller learns
 * nothing of it, the log everything (it is the cause).
 */
export function publicFailure(service: ServiceName, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof StorageError)
    return new ServiceError('ServiceUnavailable', 'The store cannot be read or written: nothing was changed', {
      cause: error,
    })
  if (error instanceof SlowWorkFullError) return tooFast({ cause: error })
  const code = service === 'kms' ? 'KMSInternalException' : 'InternalFailure'
  return new ServiceError(code, 'An internal error has occurred', { cause: error })
}
