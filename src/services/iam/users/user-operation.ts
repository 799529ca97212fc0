import type { UserValue } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import { userKind } from '../holders/holder-kind.ts'
import { holderOperation } from '../holders/holder-operation.ts'
import type { HolderInput, HolderOperation } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'

/** Declares an operation on one user: the one it names, or the caller where it names none. */
export function userOperation<Input extends HolderInput, Output>(
  declared: HolderOperation<UserValue, Input, Output>,
): Operation<IamNeeds> {
  return holderOperation(userKind, declared)
}
