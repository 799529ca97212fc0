import { ServiceError } from '../../base/index.ts'

/**
 * A service asked for its managed key in an account and Region that has none yet. Whoever can make it does, and asks again; for
 * everybody else it is an alias that is not there.
 */
export class MissingManagedKey extends ServiceError {
  readonly serviceName: string

  constructor(serviceName: string, message: string) {
    super('NotFoundException', message)
    this.serviceName = serviceName
  }
}
