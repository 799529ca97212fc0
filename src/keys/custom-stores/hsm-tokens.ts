import { ServiceError } from '../../base/index.ts'
import type { SecretBytes } from '../../base/index.ts'

/** The HSMs of clusters, reached by PKCS#11. Every method but `state` throws `HsmFailure`. */
export interface HsmTokens {
  /** Whether the operator has a token for the cluster of that account, and it is there. */
  state(clusterId: string, account: string): Promise<'active' | 'inactive' | 'unknown'>
  /** Logs in anew: an earlier login is given up first, so that the password is really asked for. */
  connect(clusterId: string, password: SecretBytes): Promise<void>
  /** Gives the login up. */
  disconnect(clusterId: string): Promise<void>
  /** Makes a secret of 256 bits that stays in the token, under that id. */
  generateKey(clusterId: string, key: { readonly id: string; readonly label: string }): Promise<void>
  destroyKey(clusterId: string, id: string): Promise<void>
  /** HMAC-SHA-256 of each block, one behind the other. */
  macBlocks(clusterId: string, id: string, blocks: readonly Buffer[]): Promise<Buffer>
  random(clusterId: string, length: number): Promise<Buffer>
}

/** Why a token did not do what it was asked for. */
export type HsmFailureKind =
  | 'cluster-not-found'
  | 'invalid-credentials'
  | 'key-not-found'
  | 'locked-out'
  | 'not-logged-in'
  | 'timeout'
  | 'token-failed'
  | 'user-not-found'

/** `ConnectionErrorCode` of a store whose token failed so. */
const connectionCodes: Readonly<Record<HsmFailureKind, string>> = {
  'cluster-not-found': 'CLUSTER_NOT_FOUND',
  'invalid-credentials': 'INVALID_CREDENTIALS',
  'key-not-found': 'INTERNAL_ERROR',
  'locked-out': 'USER_LOCKED_OUT',
  'not-logged-in': 'INTERNAL_ERROR',
  timeout: 'NETWORK_ERRORS',
  'token-failed': 'INTERNAL_ERROR',
  'user-not-found': 'USER_NOT_FOUND',
}

/** A token did not do what it was asked for. The message is for the operator's log. */
export class HsmFailure extends Error {
  override readonly name = 'HsmFailure'
  readonly kind: HsmFailureKind

  constructor(kind: HsmFailureKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }

  /** `ConnectionErrorCode` of the store. */
  get connectionErrorCode(): string {
    return connectionCodes[this.kind]
  }

  /** Whether trying the same password again can only do harm: tokens lock a user out after some wrong ones. */
  get concernsCredentials(): boolean {
    return this.kind === 'invalid-credentials' || this.kind === 'locked-out' || this.kind === 'user-not-found'
  }
}

/** Does something with a token, and words its failure for callers of KMS. @throws {ServiceError} */
export async function wordedForToken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof HsmFailure ? publicFailure(error) : error
  }
}

function publicFailure(failure: HsmFailure): ServiceError {
  const options = { cause: failure }
  switch (failure.kind) {
    case 'timeout':
      return new ServiceError('DependencyTimeoutException', 'The AWS CloudHSM cluster did not answer in time.', options)
    case 'key-not-found':
      return new ServiceError(
        'KMSInvalidStateException',
        'The key material of this KMS key was not found in its AWS CloudHSM cluster.',
        options,
      )
    case 'token-failed':
      return new ServiceError('KMSInternalException', 'The AWS CloudHSM cluster failed.', options)
    default:
      return new ServiceError(
        'KMSInvalidStateException',
        'AWS KMS cannot log in to the AWS CloudHSM cluster of this custom key store. Disconnect and reconnect the custom key store.',
        options,
      )
  }
}

const refusal = (message: string) => (): Promise<never> => Promise.reject(new HsmFailure('cluster-not-found', message))

/** Where no PKCS#11 module is configured: every cluster is one that can't be reached. */
export const noHsmTokens: HsmTokens = {
  state: () => Promise.resolve('unknown'),
  disconnect: () => Promise.resolve(),
  connect: refusal('No PKCS#11 module is configured'),
  generateKey: refusal('No PKCS#11 module is configured'),
  destroyKey: refusal('No PKCS#11 module is configured'),
  macBlocks: refusal('No PKCS#11 module is configured'),
  random: refusal('No PKCS#11 module is configured'),
}
