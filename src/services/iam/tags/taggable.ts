import { managedPolicyCollection, setTags } from '../../../accounts/index.ts'
import type { BoundedHolder, PrincipalTag } from '../../../accounts/index.ts'
import type { ConditionValues } from '../../../authorization/index.ts'
import type { AuditValues } from '../../../trail/index.ts'
import type { Operation } from '../../operation.ts'
import { roleKind, userKind } from '../holders/holder-kind.ts'
import type { HolderKind } from '../holders/holder-kind.ts'
import { holderOperation } from '../holders/holder-operation.ts'
import type { HolderInput } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'
import { policyChange, policyReading } from '../policies/policy-operation.ts'
import type { PolicyInput } from '../policies/policy-operation.ts'
import { policyTagRules, principalTagRules } from './tag-values.ts'
import type { TagRules } from './tag-values.ts'

/** An operation that changes tags. */
export interface TagChange<Input> {
  readonly name: string
  /** Condition keys of the request. */
  readonly context: (input: Input) => ConditionValues
  /** What the trail records of the request beside whose tags they are. */
  readonly requestParameters: (input: Input) => AuditValues
  readonly change: (tags: readonly PrincipalTag[], input: Input) => readonly PrincipalTag[]
}

/** An operation that reads tags. */
export interface TagReading<Input, Output> {
  readonly name: string
  readonly requestParameters: (input: Input) => AuditValues
  readonly read: (tags: readonly PrincipalTag[], input: Input) => Output
}

/** A kind of what has tags: in what users, roles and managed policies differ for the operations on their tags. */
export interface Taggable {
  /** As names of operations say it. */
  readonly title: 'User' | 'Role' | 'Policy'
  readonly rules: TagRules
  readonly change: <Input>(declared: TagChange<Input>) => Operation<IamNeeds>
  readonly reading: <Input, Output>(declared: TagReading<Input, Output>) => Operation<IamNeeds>
}

function taggableHolder<T extends BoundedHolder>(kind: HolderKind<T>, title: 'User' | 'Role'): Taggable {
  const { collection } = kind
  return {
    title,
    rules: principalTagRules,
    change: <Input>({ change, ...declared }: TagChange<Input>) =>
      holderOperation<T, HolderInput & Input, undefined>(kind, {
        ...declared,
        readOnly: false,
        async run(input, record) {
          const writes = setTags({ collection, record }, change(record.value.tags, input))
          return { output: undefined, commit: { writes } }
        },
      }),
    reading: <Input, Output>({ read, ...declared }: TagReading<Input, Output>) =>
      holderOperation<T, HolderInput & Input, Output>(kind, {
        ...declared,
        readOnly: true,
        run: async (input, { value }) => ({ output: read(value.tags, input) }),
      }),
  }
}

/** Users, as what has tags. */
export const taggableUser = taggableHolder(userKind, 'User')

/** Roles, as what has tags. */
export const taggableRole = taggableHolder(roleKind, 'Role')

/** Managed policies, as what has tags. AWS's own have none, and none can be given to them. */
export const taggablePolicy: Taggable = {
  title: 'Policy',
  rules: policyTagRules,
  change: <Input>({ change, ...declared }: TagChange<Input>) =>
    policyChange<PolicyInput & Input, undefined>({
      ...declared,
      async run(input, record) {
        const writes = setTags({ collection: managedPolicyCollection, record }, change(record.value.tags, input))
        return { output: undefined, commit: { writes } }
      },
    }),
  reading: <Input, Output>({ read, ...declared }: TagReading<Input, Output>) =>
    policyReading<PolicyInput & Input, Output>({
      ...declared,
      run: async (input, { tags }) => read(tags, input),
    }),
}
