import type { UserValue } from '../../accounts/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError, formatArn } from '../../base/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { operation } from '../operation.ts'
import type { Operation, Outcome, RequestScope } from '../operation.ts'
import type { IamNeeds } from './needs.ts'

/** An operation on one user: the one it names, or the caller where it names none. */
export interface UserOperation<Input extends { readonly UserName?: string | undefined }, Output> {
  readonly name: string
  readonly readOnly: boolean
  readonly context?: (input: Input) => ConditionValues
  readonly requestParameters: (input: Input) => AuditValues | null
  readonly run: (
    input: Input,
    user: StoredRecord<UserValue>,
    needs: IamNeeds,
    scope: RequestScope,
  ) => Promise<Outcome<Output>>
}

/** Declares an operation on one user, authorized on the user's ARN. Whether the user exists is told to those who may ask. */
export function userOperation<Input extends { readonly UserName?: string | undefined }, Output>(
  declared: UserOperation<Input, Output>,
): Operation<IamNeeds> {
  return operation<IamNeeds, Input, Output, StoredRecord<UserValue> | undefined>({
    name: declared.name,
    readOnly: declared.readOnly,
    requestParameters: declared.requestParameters,
    async resolve(input, scope, { accounts }) {
      const { account } = scope.caller
      const userName = input.UserName ?? ownName(scope)
      const user = await accounts.findUser(account, userName)
      // A user that there is not has no path; AWS asks for the plain name then.
      const arn = user?.value.arn ?? formatArn('iam', '', account, `user/${userName}`)
      const resource = {
        kind: 'named',
        account,
        arn,
        ...(user === undefined ? {} : { tags: tagRecord(user.value) }),
      } as const
      const context = declared.context?.(input)
      return {
        checks: [{ action: `iam:${declared.name}`, resource, ...(context === undefined ? {} : { context }) }],
        subject: user,
        resources: [{ arn, accountId: account, type: 'AWS::IAM::User' }],
      }
    },
    async run(input, user, scope, needs) {
      if (user === undefined) throw noSuchUser(input.UserName ?? ownName(scope))
      return declared.run(input, user, needs, scope)
    },
  })
}

function ownName({ caller }: RequestScope): string {
  if (caller.kind === 'user') return caller.userName
  throw new ServiceError('ValidationError', 'Must specify userName when calling with non-User credentials')
}

function tagRecord({ tags }: UserValue): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

function noSuchUser(userName: string): ServiceError {
  return new ServiceError('NoSuchEntity', `The user with name ${userName} cannot be found.`)
}
