/** What is wrong with a policy document. */
export type PolicyFault =
  | { readonly kind: 'syntax'; readonly line: number; readonly column: number }
  | { readonly kind: 'too-long'; readonly limit: number }
  | { readonly kind: 'no-principal' }
  | { readonly kind: 'invalid-principal' }
  | { readonly kind: 'missing-element'; readonly statement: number; readonly element: 'Action' | 'Resource' }
  /** In a document whose owner is the principal. */
  | { readonly kind: 'principal-not-allowed'; readonly statement: number }
  | { readonly kind: 'duplicate-sid' }
  | { readonly kind: 'malformed-sid'; readonly statement: number }
  /** Statement 0 is the document itself. */
  | { readonly kind: 'element'; readonly statement: number; readonly detail: string }
  | { readonly kind: 'overly-permissive-condition' }
  | { readonly kind: 'unknown-version' }
  | { readonly kind: 'no-statement' }
  | TrustFault

/** What only a trust policy is refused for, or refused for in another way. */
export type TrustFault =
  | { readonly kind: 'missing-field'; readonly field: 'Effect' | 'Principal' | 'Action' }
  | { readonly kind: 'invalid-effect'; readonly effect: string }
  | { readonly kind: 'principal-not-object' }
  | { readonly kind: 'empty-principal' }
  /** A kind of principals that there is not, with no value; or a value that can be none of its kind. */
  | { readonly kind: 'unknown-principal'; readonly principalKind: string; readonly value?: string }
  | { readonly kind: 'not-principal'; readonly effect: 'Allow' | 'Deny' }
  | { readonly kind: 'action-not-to-assume' }
  | { readonly kind: 'prohibited-field'; readonly field: 'Resource' | 'NotResource' }

/** A policy document that is refused. The message is AWS's where AWS has one; each service words its own error from the fault. */
export class PolicyDocumentError extends Error {
  override readonly name = 'PolicyDocumentError'
  readonly reason: PolicyFault

  constructor(reason: PolicyFault, options?: ErrorOptions) {
    super(messageOf(reason), options)
    this.reason = reason
  }
}

function messageOf(reason: PolicyFault): string {
  switch (reason.kind) {
    case 'syntax':
      return 'Syntax errors in policy.'
    case 'too-long':
      return `Policy is longer than ${reason.limit} characters.`
    case 'no-principal':
      return 'Policy contains a statement with no principal.'
    case 'invalid-principal':
      return 'Policy contains a statement with one or more invalid principals.'
    case 'overly-permissive-condition':
      return 'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context or tag or with an unspecified encryption context or tag. To fix, remove ForAllValues.'
    case 'missing-element':
      return `Policy statement must contain valid elements: statement ${reason.statement} has no ${reason.element}.`
    case 'principal-not-allowed':
      return `Policy statement must contain valid elements: statement ${reason.statement} must not have a Principal.`
    case 'duplicate-sid':
      return 'Policy contains two statements with the same Sid.'
    case 'malformed-sid':
      return `Policy statement must contain valid elements: statement ${reason.statement} has a Sid that is not of letters and digits.`
    case 'element':
      return `Policy statement must contain valid elements: ${reason.statement === 0 ? 'the document' : `statement ${reason.statement}`} ${reason.detail}.`
    case 'unknown-version':
      return 'Policy statement must contain valid elements: the document has an unknown Version.'
    case 'no-statement':
      return 'Policy has no statement.'
    default:
      return trustMessageOf(reason)
  }
}

function trustMessageOf(reason: TrustFault): string {
  switch (reason.kind) {
    case 'missing-field':
      return `Missing required field ${reason.field}`
    case 'invalid-effect':
      return `Invalid effect: ${reason.effect}`
    case 'principal-not-object':
      return 'Principal must be a JSON object.'
    case 'empty-principal':
      return 'Missing required field Principal cannot be empty!'
    case 'unknown-principal': {
      const { principalKind, value } = reason
      return value === undefined
        ? `Invalid principal in policy: "${principalKind}"`
        : `Invalid principal in policy: "${principalKind.toUpperCase()}":"${value}"`
    }
    case 'not-principal':
      return reason.effect === 'Allow'
        ? 'Allow with NotPrincipal is not allowed.'
        : 'AssumeRole policy must not contain NotPrincipal field.'
    case 'action-not-to-assume':
      return 'AssumeRole policy may only specify STS AssumeRole actions.'
    case 'prohibited-field':
      return reason.field === 'Resource'
        ? 'Has prohibited field Resource'
        : 'AssumeRole policy must not contain resources.'
  }
}
