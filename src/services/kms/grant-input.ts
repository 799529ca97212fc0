import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { ContextPairs, GrantConstraints } from '../../policy/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { encryptionContextKeys } from './encryption-context.ts'
import { requireContextSize } from './symmetric.ts'

/** Whether a service makes the request, as itself or for the caller; no caller can say that of itself. */
export function isForAwsResource({ path }: RequestScope): ConditionValues {
  return { 'kms:GrantIsForAWSResource': String(path.kind === 'service') }
}

/** The constraints that a request wants. */
export function requestedConstraints(input: kms.CreateGrantRequest): GrantConstraints {
  const {
    EncryptionContextEquals: exact,
    EncryptionContextSubset: some,
    SourceArn: sourceArn,
  } = givenConstraints(input)
  return {
    ...(exact === undefined ? {} : { encryptionContextEquals: exact }),
    ...(some === undefined ? {} : { encryptionContextSubset: some }),
    ...(sourceArn === undefined ? {} : { sourceArn }),
  }
}

/** Terraform always sends both constraints on the encryption context: one that is empty beside one that is not says nothing. */
function givenConstraints({ Constraints: wanted = {} }: kms.CreateGrantRequest): kms.GrantConstraints {
  const { EncryptionContextEquals: exact, EncryptionContextSubset: some, ...rest } = wanted
  if (exact === undefined || some === undefined || isEmpty(exact) === isEmpty(some)) return wanted
  return isEmpty(exact) ? { ...rest, EncryptionContextSubset: some } : { ...rest, EncryptionContextEquals: exact }
}

const isEmpty = (pairs: ContextPairs): boolean => Object.keys(pairs).length === 0

/** The operations that a request wants, each once. */
export function requestedOperations({ Operations: operations }: kms.CreateGrantRequest): readonly string[] {
  return [...new Set(operations)]
}

/** The condition keys of constraints: of those that a grant is to have, or of the one that is to be retired. */
export function constraintContext(constraints: GrantConstraints): ConditionValues {
  const { encryptionContextEquals: exact, encryptionContextSubset: some } = constraints
  const pairs = exact ?? some
  if (pairs === undefined) return {}
  const type = exact === undefined ? 'EncryptionContextSubset' : 'EncryptionContextEquals'
  return { 'kms:GrantConstraintType': type, ...encryptionContextKeys(pairs) }
}

/** The condition keys of a grant that is to be made. */
export function newGrantContext(input: kms.CreateGrantRequest): ConditionValues {
  const constraints = requestedConstraints(input)
  const values: Readonly<Record<string, string | undefined>> = {
    'kms:GranteePrincipal': input.GranteePrincipal,
    'kms:GranteeServicePrincipal': input.GranteeServicePrincipal,
    'kms:RetiringPrincipal': input.RetiringPrincipal,
    'kms:RetiringServicePrincipal': input.RetiringServicePrincipal,
    'kms:GrantConstraintSourceArn': constraints.sourceArn,
  }
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    ...Object.fromEntries(given),
    'kms:GrantOperations': requestedOperations(input),
    ...constraintContext(constraints),
  }
}

const maxPairs = 8
const maxValueLength = 384

/** What must be right of a grant whatever its key is. @throws {ServiceError} ValidationException */
export function requireGrant(input: kms.CreateGrantRequest): void {
  const { GranteePrincipal: grantee, GranteeServicePrincipal: service } = input
  const { RetiringPrincipal: retiring, RetiringServicePrincipal: retiringService } = input
  const {
    EncryptionContextEquals: exact,
    EncryptionContextSubset: some,
    SourceArn: sourceArn,
  } = givenConstraints(input)
  if ((grantee === undefined) === (service === undefined))
    throw invalid('You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.')
  if (retiring !== undefined && retiringService !== undefined)
    throw invalid('You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.')
  if (service !== undefined && sourceArn === undefined)
    throw invalid('When you specify a GranteeServicePrincipal, you must also specify a SourceArn grant constraint.')
  if (service !== undefined && (retiring ?? retiringService) === undefined) {
    throw invalid(
      'When you specify a GranteeServicePrincipal, you must also specify either a RetiringPrincipal or a RetiringServicePrincipal.',
    )
  }
  if (exact !== undefined && some !== undefined)
    throw invalid('You can specify either EncryptionContextEquals or EncryptionContextSubset, but not both.')
  requirePairs(exact ?? some)
  if (input.Operations.length === 0) throw invalid('A grant must contain at least one operation.')
  if (input.Operations.every(operation => operation === 'CreateGrant'))
    throw invalid('Grants must not contain only the CreateGrant operation.')
}

function requirePairs(pairs: ContextPairs = {}): void {
  if (Object.keys(pairs).length > maxPairs)
    throw invalid(`An encryption context constraint can have up to ${maxPairs} pairs.`)
  if (Object.values(pairs).some(value => value.length > maxValueLength))
    throw invalid(`A value of an encryption context constraint can have up to ${maxValueLength} characters.`)
  requireContextSize(pairs)
}

const invalid = (message: string): ServiceError => new ServiceError('ValidationException', message)

/** Constraints as the trail records them, in clear. */
export function auditConstraints({ Constraints: wanted }: kms.CreateGrantRequest): AuditValues | undefined {
  if (wanted === undefined) return undefined
  const { EncryptionContextSubset, EncryptionContextEquals, SourceArn: sourceArn } = wanted
  return {
    encryptionContextSubset: EncryptionContextSubset,
    encryptionContextEquals: EncryptionContextEquals,
    sourceArn,
  }
}
