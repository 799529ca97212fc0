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
  | { readonly kind: 'element'; readonly statement: number; readonly detail: string }
  | { readonly kind: 'overly-permissive-condition' }

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
      return `Policy statement must contain valid elements: statement ${reason.statement} ${reason.detail}.`
  }
}
