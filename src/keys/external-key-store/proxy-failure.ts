import { ServiceError } from '../../base/index.ts'

/** How a call to an external key store proxy can fail: what the proxy says of it, and what becomes of connections and answers. */
export type ProxyFailureKind = keyof typeof rows

/** During which kind of operation of KMS a proxy failed: the same failure has another code in each. */
export type ProxyUse = 'store' | 'create-key' | 'use'

interface FailureRow {
  /** Code of CreateCustomKeyStore and UpdateCustomKeyStore. */
  readonly store: string
  /** Code of CreateKey. */
  readonly createKey: string
  /** `ConnectionErrorCode` of a store whose connection failed so. */
  readonly connection: string
  readonly message: string
}

const notInterpreted =
  'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.'
const invalidState = 'CustomKeyStoreInvalidStateException'
const unreachable = 'XksProxyUriUnreachableException'
const invalidResponse = 'XksProxyInvalidResponseException'
const invalidKey = 'XksKeyInvalidConfigurationException'

/**
 * The failures with their codes and texts, by the names that a proxy gives them, and by our own for what is none of its words: the table
 * of the XKS proxy API specification, version 1. Cryptographic operations answer all of them with KMSInvalidStateException.
 */
const rows = {
  ValidationException: row(invalidResponse, invalidState, 'XKS_PROXY_INVALID_RESPONSE', notInterpreted),
  InvalidStateException: row(
    invalidResponse,
    invalidKey,
    'XKS_PROXY_INVALID_RESPONSE',
    'The external key associated with this KMS key in an external key store is not enabled in the external key manager. Enable the external key in the external key manager and retry the request.',
  ),
  InvalidCiphertextException: row(
    invalidResponse,
    invalidState,
    'XKS_PROXY_INVALID_RESPONSE',
    'The external key store proxy rejected the request because the specified ciphertext or encryption context is corrupted, missing, or otherwise invalid.',
  ),
  InvalidKeyUsageException: row(
    invalidResponse,
    invalidKey,
    'XKS_PROXY_INVALID_RESPONSE',
    'The external key associated with this KMS key in an external key store does not support the requested operation. Enable the operation on the key in your external key manager, and try the request again.',
  ),
  AuthenticationFailedException: row(
    'XksProxyIncorrectAuthenticationCredentialException',
    invalidState,
    'INVALID_CREDENTIALS',
    'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS proxy authentication credentials for your external key store and update if necessary.',
  ),
  AccessDeniedException: row(
    invalidResponse,
    'KMSInvalidStateException',
    'XKS_PROXY_ACCESS_DENIED',
    'The external key store proxy denied access to the operation. Verify that the user and the external key are both authorized for this operation, and try the request again.',
  ),
  KeyNotFoundException: row(
    invalidResponse,
    'XksKeyNotFoundException',
    'XKS_PROXY_INVALID_RESPONSE',
    'The external key associated with this KMS key in an external key store was not found in its external key manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with the correct external key ID.',
  ),
  InvalidUriPathException: row(
    'XksProxyInvalidConfigurationException',
    invalidState,
    'XKS_PROXY_INVALID_CONFIGURATION',
    'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your external key store and update if necessary.',
  ),
  UnsupportedOperationException: row(
    invalidResponse,
    'XksKeyInvalidResponseException',
    'XKS_PROXY_INVALID_RESPONSE',
    'The external key store proxy rejected the request because it does not support the requested operation. If you see this error repeatedly, report it to your external key store proxy administrator.',
  ),
  DependencyTimeoutException: row(
    unreachable,
    invalidState,
    'XKS_PROXY_TIMED_OUT',
    'The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
  ),
  ThrottlingException: row(
    unreachable,
    invalidState,
    'XKS_PROXY_NOT_REACHABLE',
    'The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your calls using KMS keys in this external key store.',
  ),
  InternalException: row(
    invalidResponse,
    invalidState,
    'INTERNAL_ERROR',
    'The external key store proxy rejected the request because it cannot communicate with the external key manager. Verify that the external key store proxy configuration is correct and that the external key manager is available.',
  ),
  /** No TCP connection, or none that the operator permits. */
  unreachable: row(
    unreachable,
    invalidState,
    'XKS_PROXY_NOT_REACHABLE',
    'AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its endpoint URI is correct in your external key store.',
  ),
  tls: row(
    unreachable,
    invalidState,
    'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.',
  ),
  timeout: row(
    unreachable,
    invalidState,
    'XKS_PROXY_TIMED_OUT',
    'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
  ),
  /** What is no answer of the proxy API, or one whose integrity value is wrong. */
  malformed: row(invalidResponse, invalidState, 'XKS_PROXY_INVALID_RESPONSE', notInterpreted),
  /** What was decrypted is not what KMS had encrypted. */
  'invalid-ciphertext': row(
    invalidResponse,
    invalidState,
    'XKS_PROXY_INVALID_RESPONSE',
    'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is corrupted, missing, or otherwise invalid.',
  ),
  /** The proxy answers, but no key manager behind it is able to serve. */
  unavailable: row(
    unreachable,
    invalidState,
    'XKS_PROXY_NOT_REACHABLE',
    'The external key store proxy reports that all of its external key managers are unavailable.',
  ),
} as const

function row(store: string, createKey: string, connection: string, message: string): FailureRow {
  return { store, createKey, connection, message }
}

/** A call to a proxy that failed. The reason is for the operator's log: what a proxy says of itself is no caller's business. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure'
  readonly kind: ProxyFailureKind

  constructor(kind: ProxyFailureKind, reason: string, options: { readonly cause?: unknown } = {}) {
    super(reason, options)
    this.kind = kind
  }

  /** `ConnectionErrorCode` of the store. */
  get connectionErrorCode(): string {
    return rows[this.kind].connection
  }

  /** The failure as callers of KMS see it. */
  toServiceError(use: ProxyUse): ServiceError {
    const { store, createKey, message } = rows[this.kind]
    const code = use === 'store' ? store : use === 'create-key' ? createKey : 'KMSInvalidStateException'
    return new ServiceError(code, message, { cause: this })
  }
}

// Only names that begin like a proxy's: our own kinds are not for it to say.
const named = new Set(Object.keys(rows).filter(name => name.endsWith('Exception')))

/** The failure that a proxy names, if there is one of that name. */
export function namedFailure(errorName: unknown): ProxyFailureKind | undefined {
  return typeof errorName === 'string' && named.has(errorName) ? (errorName as ProxyFailureKind) : undefined
}

/** Does something with a proxy, and words its failure for the kind of operation that it is done in. @throws {ServiceError} */
export async function wordedFor<T>(use: ProxyUse, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof ProxyFailure ? error.toServiceError(use) : error
  }
}
