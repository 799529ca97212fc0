import type { RoleValue } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import { roleKind } from '../holders/holder-kind.ts'
import { holderOperation } from '../holders/holder-operation.ts'
import type { HolderInput, HolderOperation } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'

/** Declares an operation on one role. */
export function roleOperation<Input extends HolderInput, Output>(
  declared: HolderOperation<RoleValue, Input, Output>,
): Operation<IamNeeds> {
  return holderOperation(roleKind, declared)
}
