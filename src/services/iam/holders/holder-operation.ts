import type { PolicyHolder, PrincipalTag } from '../../../accounts/index.ts'
import type { AccessCheck, ConditionValues } from '../../../authorization/index.ts'
import { ServiceError, formatArn } from '../../../base/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import { operation } from '../../operation.ts'
import type { Operation, Outcome, RequestScope } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
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
  /** Condition keys of the request. */
  readonly context?: (input: Input) => ConditionValues
  /** What the trail records of the request beside the holder's name. */
  readonly requestParameters?: (input: Input) => AuditValues
  readonly run: (
    input: Input,
    holder: StoredRecord<T>,
    needs: IamNeeds,
    scope: RequestScope,
  ) => Promise<Outcome<Output>>
}

/** Declares an operation on one holder, authorized on its ARN. Whether it exists is told to those who may ask. */
export function holderOperation<T extends PolicyHolder, Input extends HolderInput, Output>(
  kind: HolderKind<T>,
  declared: HolderOperation<T, Input, Output>,
): Operation<IamNeeds> {
  const auditName = `${kind.word}Name`
  return operation<IamNeeds, Input, Output, StoredRecord<T> | undefined>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: input => ({ [auditName]: input[kind.nameMember], ...declared.requestParameters?.(input) }),
    async resolve(input, scope, { accounts }) {
      const { account } = scope.caller
      const name = input[kind.nameMember] ?? ownName(scope)
      const holder = await kind.find(accounts, account, name)
      const resource = holderResource(kind, account, name, holder?.value)
      const context = declared.context?.(input)
      const check: AccessCheck = {
        action: `iam:${declared.name}`,
        resource,
        ...(context === undefined ? {} : { context }),
      }
      return {
        checks: [check],
        subject: holder,
        resources: [{ arn: resource.arn, accountId: account, type: kind.type }],
      }
    },
    async run(input, holder, scope, needs) {
      if (holder === undefined) throw noSuchHolder(kind, input[kind.nameMember] ?? ownName(scope))
      return declared.run(input, holder, needs, scope)
    },
  })
}

/** A holder as authorization sees it. One that there is not has no path: AWS asks for the plain name then. */
export function holderResource<T extends PolicyHolder>(
  { word }: Pick<HolderKind<T>, 'word'>,
  account: string,
  name: string,
  value: (T & { readonly tags?: readonly PrincipalTag[] }) | undefined,
): {
  readonly kind: 'named'
  readonly account: string
  readonly arn: string
  readonly tags?: Readonly<Record<string, string>>
} {
  const arn = value?.arn ?? formatArn('iam', '', account, `${word}/${name}`)
  if (value?.tags === undefined) return { kind: 'named', account, arn }
  return {
    kind: 'named',
    account,
    arn,
    tags: Object.fromEntries(value.tags.map(({ key, value: text }) => [key, text])),
  }
}

function ownName({ caller }: RequestScope): string {
  if (caller.kind === 'user') return caller.userName
  throw new ServiceError('ValidationError', 'Must specify userName when calling with non-User credentials')
}

/** The error for a holder that there is not. */
export function noSuchHolder<T extends PolicyHolder>(
  { word }: Pick<HolderKind<T>, 'word'>,
  name: string,
): ServiceError {
  return new ServiceError('NoSuchEntity', `The ${word} with name ${name} cannot be found.`)
}
