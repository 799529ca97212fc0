/** What an API promises: an error code of AWS's, with the text that the caller sees. Only `wire` knows its HTTP form. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  /** The code as AWS spells it for that service, e.g. `NotFoundException`, `InvalidVpcID.NotFound`. */
  readonly code: string
  /** Members of the error's shape beside the message, as the wire writes them. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message = '', options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/** What an error carries beside its code and message. */
export interface ServiceErrorOptions {
  /** What really happened: for the log, never for the caller. */
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>>
}

/** What the operator must fix. The message names the place (file, setting, flag) and says what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
