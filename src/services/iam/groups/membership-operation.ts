import type { GroupValue, UserValue } from '../../../accounts/index.ts'
import type { StoredRecord, Write } from '../../../storage/index.ts'
import { operation } from '../../operation.ts'
import type { Operation } from '../../operation.ts'
import { holderCheck } from '../holders/holder-check.ts'
import { groupKind, userKind } from '../holders/holder-kind.ts'
import { noSuchHolder } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'

interface MembershipInput {
  readonly GroupName: string
  readonly UserName: string
}

interface Membership {
  readonly user: StoredRecord<UserValue> | undefined
  readonly group: StoredRecord<GroupValue> | undefined
}

/** An operation that changes who is in a group. */
export interface MembershipOperation {
  readonly name: string
  /** What changes: nothing where it is so already. */
  readonly change: (user: StoredRecord<UserValue>, group: StoredRecord<GroupValue>) => readonly Write[]
}

/** Declares an operation on a group and a user. It is authorized on the group alone, as AWS does. */
export function membershipOperation({ name, change }: MembershipOperation): Operation<IamNeeds> {
  return operation<Pick<IamNeeds, 'accounts'>, MembershipInput, undefined, Membership>({
    name,
    readOnly: false,
    requestParameters: ({ GroupName: groupName, UserName: userName }) => ({ groupName, userName }),
    async resolve({ GroupName: groupName, UserName: userName }, { caller: { account } }, { accounts }) {
      const group = await accounts.identities.findGroup(account, groupName)
      const user = await accounts.identities.findUser(account, userName)
      const check = holderCheck(groupKind, { account, name: groupName, value: group?.value }, `iam:${name}`)
      return {
        checks: [check],
        subject: { user, group },
        resources: [
          { arn: check.resource.arn, accountId: account, type: groupKind.type },
          ...(user === undefined ? [] : [{ arn: user.value.arn, accountId: account, type: userKind.type }]),
        ],
      }
    },
    async run({ GroupName: groupName, UserName: userName }, { user, group }) {
      if (user === undefined) throw noSuchHolder(userKind, userName)
      if (group === undefined) throw noSuchHolder(groupKind, groupName)
      const writes = change(user, group)
      return writes.length === 0 ? { output: undefined } : { output: undefined, commit: { writes } }
    },
  })
}
