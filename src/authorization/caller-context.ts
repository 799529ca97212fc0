import { formatInstant, principalArn, sessionIssuedAt, unreachable } from '../base/index.ts'
import type { Caller } from '../base/index.ts'
import type { ContextValue } from '../policy/index.ts'
import { addValue, addValues } from './condition-values.ts'

/**
 * Adds the condition keys that tell of the caller, with AWS's rules of presence: `aws:username` for users only, `aws:TokenIssueTime`
 * for temporary credentials only, and of the holder of a token only what the token says.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
 */
export function addCaller(context: Map<string, ContextValue>, caller: Caller): void {
  context.set('aws:principalisawsservice', String(caller.kind === 'service'))
  if (caller.kind === 'web-identity') {
    addValues(context, caller.conditionKeys)
    context.set('aws:federatedprovider', caller.arn)
    return
  }
  if (caller.kind === 'service') {
    context.set('aws:principalservicename', caller.serviceName)
    context.set('aws:principalservicenameslist', [caller.serviceName])
    return
  }
  context.set('aws:principalarn', principalArn(caller))
  context.set('aws:principalaccount', caller.account)
  context.set('aws:principaltype', principalType(caller))
  context.set('aws:userid', caller.userId)
  for (const [name, value] of Object.entries(caller.tags)) addValue(context, `aws:principaltag/${name}`, value)
  addSession(context, caller)
}

type Identified = Exclude<Caller, { readonly kind: 'web-identity' | 'service' }>

function addSession(context: Map<string, ContextValue>, caller: Identified): void {
  if (caller.kind === 'user') context.set('aws:username', caller.userName)
  const issuedAt = sessionIssuedAt(caller)
  if (issuedAt !== undefined) {
    context.set('aws:tokenissuetime', formatInstant(issuedAt))
    // GetFederationToken takes no second factor: of what it gave, AWS does not say whether there was one.
    if (caller.kind !== 'federated-user') context.set('aws:multifactorauthpresent', 'false')
  }
  if (caller.kind !== 'role-session') return
  if (caller.sourceIdentity !== undefined) context.set('aws:sourceidentity', caller.sourceIdentity)
  if (caller.webIdentity === undefined) return
  context.set('aws:federatedprovider', caller.webIdentity.providerArn)
  addValues(context, caller.webIdentity.conditionKeys)
}

function principalType(caller: Identified): string {
  switch (caller.kind) {
    case 'root':
      return 'Account'
    case 'user':
      return 'User'
    case 'role-session':
      return 'AssumedRole'
    case 'federated-user':
      return 'FederatedUser'
    default:
      return unreachable(caller)
  }
}
