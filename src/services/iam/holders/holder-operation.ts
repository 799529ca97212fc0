import type { PolicyHolder } from '../../../accounts/index.ts'
import type { ConditionValues } from '../../../authorization/index.ts'
import { ServiceError, accountRootArn } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import { operation } from '../../operation.ts'
import type { Operation, Outcome, RequestScope, Resolution } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { policyResources } from '../policy-arn.ts'
import { holderCheck } from './holder-check.ts'
import type { HolderKind } from './holder-kind.ts'

/** A request that names a user, group or role, or (users only) may leave it out and mean the caller. */
export interface HolderInput {
  readonly UserName?: string | undefined
  readonly GroupName?: string | undefined
  readonly RoleName?: string | undefined
}

/** An operation on one user, group or role. */
export interface HolderOperation<T extends PolicyHolder, Input extends HolderInput, Output> {
  readonly name: string
  readonly readOnly: boolean
  /** Condition keys of the request, and of what it is about. */
  readonly context?: (input: Input, value: T | undefined) => ConditionValues
  /** Refuses what is wrong with the request itself, whoever asks. @throws {ServiceError} */
  readonly requireValid?: (input: Input) => void
  /** The managed policy that the request names, where it names one: the trail lists it beside the holder. */
  readonly policyArn?: (input: Input) => string
  /** What the trail records of the request beside the holder's name. */
  readonly requestParameters?: (input: Input) => AuditValues
  readonly run: (
    input: Input,
    holder: StoredRecord<T>,
    needs: IamNeeds,
    scope: RequestScope,
  ) => Promise<Outcome<Output>>
  /** What the root user gets that names nobody, and so means itself; without it, it must name a user. */
  readonly ofRoot?: (input: Input, needs: IamNeeds, scope: RequestScope) => Promise<Outcome<Output>>
}

type Subject<T> =
  | { readonly kind: 'there'; readonly record: StoredRecord<T> }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'root' }

/** Declares an operation on one holder, authorized on its ARN. Whether it exists is told to those who may ask. */
export function holderOperation<T extends PolicyHolder, Input extends HolderInput, Output>(
  kind: HolderKind<T>,
  declared: HolderOperation<T, Input, Output>,
): Operation<IamNeeds> {
  const auditName = `${kind.word}Name`
  const action = `iam:${declared.name}`
  return operation<IamNeeds, Input, Output, Subject<T>>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: input => ({ [auditName]: input[kind.nameMember], ...declared.requestParameters?.(input) }),
    async resolve(input, scope, { accounts }) {
      declared.requireValid?.(input)
      const { account, kind: callerKind } = scope.caller
      const given = input[kind.nameMember]
      if (given === undefined && callerKind === 'root' && declared.ofRoot !== undefined)
        return aboutRoot(action, account)
      const name = given ?? ownName(scope)
      const record = await kind.find(accounts, account, name)
      const context = declared.context?.(input, record?.value)
      const check = holderCheck(kind, { account, name, value: record?.value }, action, context)
      return {
        checks: [check],
        subject: record === undefined ? { kind: 'missing', name } : { kind: 'there', record },
        resources: [
          { arn: check.resource.arn, accountId: account, type: kind.type },
          ...(declared.policyArn === undefined ? [] : policyResources(account, declared.policyArn(input))),
        ],
      }
    },
    async run(input, subject, scope, needs) {
      if (subject.kind === 'missing') throw noSuchHolder(kind, subject.name)
      if (subject.kind === 'root') return declared.ofRoot!(input, needs, scope)
      return declared.run(input, subject.record, needs, scope)
    },
  })
}

function aboutRoot(action: string, account: string): Resolution<{ readonly kind: 'root' }> {
  const resource = { kind: 'named', account, arn: accountRootArn(account) } as const
  return { checks: [{ action, resource }], subject: { kind: 'root' } }
}

function ownName({ caller }: RequestScope): string {
  if (caller.kind === 'user') return caller.userName
  throw new ServiceError('ValidationError', 'Must specify userName when calling with non-User credentials')
}

/** The error for a holder that there is not. */
export function noSuchHolder<T extends PolicyHolder>({ word }: HolderKind<T>, name: string): ServiceError {
  return new ServiceError('NoSuchEntity', `The ${word} with name ${name} cannot be found.`)
}
