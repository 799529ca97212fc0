import { ServiceError } from '../base/index.ts'

/** What KMS answers to more requests than it takes: clients wait and send them again. */
export function tooFast(options: { readonly cause?: unknown } = {}): ServiceError {
  return new ServiceError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    options,
  )
}
