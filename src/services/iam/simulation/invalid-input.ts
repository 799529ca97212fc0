import { ServiceError } from '../../../base/index.ts'

/** The error for what can't be simulated. */
export function invalidInput(message: string): ServiceError {
  return new ServiceError('InvalidInput', message)
}
