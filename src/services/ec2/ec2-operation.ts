import type { AccessCheck, ConditionValues } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import type { Network } from '../../network/index.ts'
import type { AuditValue, AuditValues } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { NeededChecks, Operation, Outcome, RequestScope } from '../operation.ts'

/** What the operations of EC2 work on. */
export interface Ec2Needs {
  readonly network: Network
  readonly random: Random
}

/** An operation of EC2: what it asks permission for, and what it does. */
export interface Ec2Operation<Input extends { readonly DryRun?: boolean | undefined }, Output> {
  readonly name: string
  readonly readOnly: boolean
  readonly checks: (input: Input, scope: RequestScope) => NeededChecks
  readonly run: (input: Input, needs: Ec2Needs, scope: RequestScope) => Promise<Outcome<Output>>
}

/** Declares an operation of EC2. A dry run ends where the work would begin: permitted, and nothing done. */
export function ec2Operation<Input extends { readonly DryRun?: boolean | undefined }, Output>(
  declared: Ec2Operation<Input, Output>,
): Operation<Ec2Needs> {
  return operation<Ec2Needs, Input, Output, undefined>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: input => auditValues(input),
    resolve: async (input, scope) => ({ checks: declared.checks(input, scope), subject: undefined }),
    async run(input, _subject, scope, needs) {
      if (input.DryRun === true)
        throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
      return declared.run(input, needs, scope)
    },
  })
}

/** The check of an operation that only reads: EC2 gives it no resource. */
export function readCheck(name: string): (input: unknown, scope: RequestScope) => NeededChecks {
  return (_input, { caller }) => [{ action: `ec2:${name}`, resource: { kind: 'none', account: caller.account } }]
}

/** A check on one thing of EC2, e.g. `vpc/vpc-…`; `subnet/*` where it does not exist yet. */
export function resourceCheck(
  name: string,
  resource: string,
  scope: RequestScope,
  context?: ConditionValues,
): AccessCheck {
  const { caller, region } = scope
  const arn = formatArn('ec2', region, caller.account, resource)
  const check = { action: `ec2:${name}`, resource: { kind: 'named', account: caller.account, arn } } as const
  return context === undefined ? check : { ...check, context }
}

/** An EC2 request or answer as the trail keeps it: the same members with a small first letter. Nothing of EC2 is secret. */
export function auditValues(value: object): AuditValues {
  const values: Record<string, AuditValue> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) values[name.charAt(0).toLowerCase() + name.slice(1)] = auditValue(member)
  }
  return values
}

function auditValue(value: unknown): AuditValue {
  if (Array.isArray(value)) return value.map(auditValue)
  return typeof value === 'object' && value !== null ? auditValues(value) : (value as AuditValue)
}
