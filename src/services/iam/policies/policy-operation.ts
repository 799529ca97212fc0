import type { ManagedPolicyValue } from '../../../accounts/index.ts'
import type { AccessCheck, ConditionValues } from '../../../authorization/index.ts'
import { ServiceError, parseArn } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import { operation } from '../../operation.ts'
import type { Operation, Outcome, RequestScope } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { policyResources, requirePolicyArn } from '../policy-arn.ts'

/** A request that names a managed policy. */
export interface PolicyInput {
  readonly PolicyArn: string
}

interface DeclaredPolicyOperation<Input extends PolicyInput> {
  readonly name: string
  /** Condition keys of the request. */
  readonly context?: (input: Input) => ConditionValues
  /** What the trail records of the request beside the policy's ARN. */
  readonly requestParameters?: (input: Input) => AuditValues
  /** What is said where there is no such policy; IAM says it in several ways. */
  readonly missing?: (input: Input) => string
}

/** An operation that reads a managed policy, of the account or of AWS. */
export interface PolicyReading<Input extends PolicyInput, Output> extends DeclaredPolicyOperation<Input> {
  readonly run: (input: Input, policy: ManagedPolicyValue, needs: IamNeeds, scope: RequestScope) => Promise<Output>
}

/** An operation that changes a managed policy of the account. */
export interface PolicyChange<Input extends PolicyInput, Output> extends DeclaredPolicyOperation<Input> {
  readonly run: (
    input: Input,
    policy: StoredRecord<ManagedPolicyValue>,
    needs: IamNeeds,
    scope: RequestScope,
  ) => Promise<Outcome<Output>>
}

/** Declares an operation that reads a managed policy. AWS's own ones can be read as if they were the account's. */
export function policyReading<Input extends PolicyInput, Output>(
  declared: PolicyReading<Input, Output>,
): Operation<IamNeeds> {
  return operation<IamNeeds, Input, Output, ManagedPolicyValue | undefined>({
    name: declared.name,
    readOnly: true,
    requestParameters: input => ({ policyArn: input.PolicyArn, ...declared.requestParameters?.(input) }),
    async resolve(input, { caller: { account } }, { accounts }) {
      const { PolicyArn: arn } = input
      requirePolicyArn(arn)
      const owner = parseArn(arn)!.account
      const policy = await accounts.identities.findPolicy(account, arn)
      const place = { account: owner === 'aws' ? account : owner, arn, policy }
      return {
        checks: [policyCheck(`iam:${declared.name}`, place, declared.context?.(input))],
        subject: policy,
        resources: policyResources(account, arn),
      }
    },
    async run(input, policy, scope, needs) {
      if (policy === undefined) throw noSuchPolicy(declared, input)
      return { output: await declared.run(input, policy, needs, scope) }
    },
  })
}

/** Declares an operation that changes a managed policy. Those of AWS and of other accounts are nobody's to change. */
export function policyChange<Input extends PolicyInput, Output>(
  declared: PolicyChange<Input, Output>,
): Operation<IamNeeds> {
  return operation<IamNeeds, Input, Output, StoredRecord<ManagedPolicyValue> | undefined>({
    name: declared.name,
    readOnly: false,
    requestParameters: input => ({ policyArn: input.PolicyArn, ...declared.requestParameters?.(input) }),
    async resolve(input, { caller: { account } }, { accounts }) {
      const { PolicyArn: arn } = input
      requirePolicyArn(arn)
      const record = await accounts.identities.findManagedPolicy(account, arn)
      const place = { account: parseArn(arn)!.account, arn, policy: record?.value }
      return {
        checks: [policyCheck(`iam:${declared.name}`, place, declared.context?.(input))],
        subject: record,
        resources: policyResources(account, arn),
      }
    },
    async run(input, record, scope, needs) {
      if (record === undefined) throw noSuchPolicy(declared, input)
      return declared.run(input, record, needs, scope)
    },
  })
}

/** A managed policy as a request names it, with its value if there is one. */
interface NamedPolicy {
  /** Whose it is: of another account than the caller's, nothing is permitted. */
  readonly account: string
  readonly arn: string
  readonly policy: ManagedPolicyValue | undefined
}

function policyCheck(
  action: string,
  { account, arn, policy }: NamedPolicy,
  context: ConditionValues = {},
): AccessCheck {
  const tags = Object.fromEntries((policy?.tags ?? []).map(({ key, value }) => [key, value]))
  return { action, resource: { kind: 'named', account, arn, tags }, context, wording: { shown: `policy ${arn}` } }
}

function noSuchPolicy<Input extends PolicyInput>(
  { missing = ({ PolicyArn: arn }) => `Policy ${arn} was not found.` }: DeclaredPolicyOperation<Input>,
  input: Input,
): ServiceError {
  return new ServiceError('NoSuchEntity', missing(input))
}
