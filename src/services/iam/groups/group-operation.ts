import type { GroupValue } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import { groupKind } from '../holders/holder-kind.ts'
import { holderOperation } from '../holders/holder-operation.ts'
import type { HolderInput, HolderOperation } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'

/** Declares an operation on one group. */
export function groupOperation<Input extends HolderInput, Output>(
  declared: HolderOperation<GroupValue, Input, Output>,
): Operation<IamNeeds> {
  return holderOperation(groupKind, declared)
}
