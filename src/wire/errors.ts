import { ServiceError } from '../base/index.ts'
import type { AuthenticationFailure, AuthenticationFailureKind, IdentityTokenFailureKind } from '../base/index.ts'
import type { ServiceModel } from './service-model.ts'
import type { ServiceName } from './service-name.ts'

type Protocol = ServiceModel['protocol']

/** HTTP statuses by error code, where they are not 400. For the JSON services all errors of the client are 400. */
const statuses: Readonly<Record<Protocol, Readonly<Record<string, number>>>> = {
  json: {
    DependencyTimeoutException: 503,
    InternalFailure: 500,
    KMSInternalException: 500,
    KeyUnavailableException: 500,
    ServiceUnavailable: 503,
  },
  query: {
    AccessDenied: 403,
    ConcurrentModification: 409,
    DeleteConflict: 409,
    EntityAlreadyExists: 409,
    EntityTemporarilyUnmodifiable: 409,
    ExpiredToken: 403,
    IDPRejectedClaim: 403,
    InternalFailure: 500,
    InvalidClientTokenId: 403,
    LimitExceeded: 409,
    MissingAuthenticationToken: 403,
    NoSuchEntity: 404,
    NotSupportedService: 404,
    PolicyEvaluation: 500,
    RegionDisabledException: 403,
    ServiceFailure: 500,
    ServiceUnavailable: 503,
    SignatureDoesNotMatch: 403,
  },
  ec2: {
    AuthFailure: 401,
    DryRunOperation: 412,
    InternalFailure: 500,
    RequestLimitExceeded: 503,
    ServiceUnavailable: 503,
    UnauthorizedOperation: 403,
  },
}

/** The HTTP status of an error on a protocol's wire. */
export function statusOf(protocol: Protocol, code: string): number {
  return statuses[protocol][code] ?? 400
}

/** Web identity tokens are STS's alone, so their codes are those of its shapes. */
const identityTokenCodes: Readonly<Record<IdentityTokenFailureKind, string>> = {
  'invalid-identity-token': 'InvalidIdentityToken',
  'expired-identity-token': 'ExpiredTokenException',
  'unreachable-identity-provider': 'IDPCommunicationError',
}

const authenticationCodes: Readonly<Record<Protocol, Readonly<Record<AuthenticationFailureKind, string>>>> = {
  json: {
    ...identityTokenCodes,
    missing: 'MissingAuthenticationTokenException',
    incomplete: 'IncompleteSignatureException',
    'unknown-credential': 'UnrecognizedClientException',
    mismatch: 'InvalidSignatureException',
    'expired-signature': 'InvalidSignatureException',
    'expired-token': 'ExpiredTokenException',
  },
  query: {
    ...identityTokenCodes,
    missing: 'MissingAuthenticationToken',
    incomplete: 'IncompleteSignature',
    'unknown-credential': 'InvalidClientTokenId',
    mismatch: 'SignatureDoesNotMatch',
    'expired-signature': 'SignatureDoesNotMatch',
    'expired-token': 'ExpiredToken',
  },
  ec2: {
    ...identityTokenCodes,
    missing: 'MissingAuthenticationToken',
    incomplete: 'IncompleteSignature',
    'unknown-credential': 'AuthFailure',
    mismatch: 'AuthFailure',
    'expired-signature': 'RequestExpired',
    'expired-token': 'RequestExpired',
  },
}

/** A request without identity as the error of a protocol. */
export function authenticationError(protocol: Protocol, failure: AuthenticationFailure): ServiceError {
  const code = authenticationCodes[protocol][failure.kind]
  const message =
    code === 'AuthFailure' ? 'AWS was not able to validate the provided access credentials' : failure.message
  return new ServiceError(code, message)
}

/** The error for a caller who asks too often. */
export function throttled(service: ServiceName): ServiceError {
  if (service === 'ec2') return new ServiceError('RequestLimitExceeded', 'Request limit exceeded.')
  const isQuery = service === 'iam' || service === 'sts'
  return new ServiceError(isQuery ? 'Throttling' : 'ThrottlingException', 'Rate exceeded')
}

// Of a name that a caller made up.
const mostShown = 128

/** The error for an operation that a service does not have. */
export function unknownOperation(service: ServiceName, given: string, version = ''): ServiceError {
  const operation = given.slice(0, mostShown)
  if (service === 'ec2')
    return new ServiceError('InvalidAction', `The action ${operation} is not valid for this web service.`)
  if (service === 'iam' || service === 'sts') {
    return new ServiceError('InvalidAction', `Could not find operation ${operation} for version ${version}`)
  }
  return new ServiceError('UnknownOperationException')
}
